import { changeClients, readClients } from "../client/client_context.ts";
import { ANY_CLIENT, CLIENT_FLAGS } from "../client/flags.ts";
import { DRY_RUN } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { rowsOf } from "../command/table.ts";
import { assertConfirmed } from "../confirm.ts";
import { notice } from "../context.ts";
import { countText } from "../format.ts";
import { OLDER_THAN, OVERLAP, plannedRotation, rotateAll, ROTATION } from "../security/rotation.ts";

export default defineCommand({
  name: "security rotate-secrets",
  brief: "Replace every key of clients; the old ones stay valid for a limited time",
  description:
    "Keys of clients are the only secrets that a gateway makes and stores. All are replaced " +
    "at once or none, and the command waits until each gateway knows the new ones. New " +
    "secrets are shown only once. Browser sign-ins end with the key they were made with; " +
    "tickets and sign-ins are random and never stored in files. For keys of venues, bus and " +
    "storage use ssmd key rotate; certificates are read again from their files.",
  changes: "security-events",
  examples: [
    "ssmd security rotate-secrets --dry-run",
    "ssmd security rotate-secrets --older-than 90d --overlap 48h --yes --output json",
  ],
  flags: {
    ...CLIENT_FLAGS,
    client: ANY_CLIENT,
    olderThan: OLDER_THAN,
    overlap: OVERLAP,
    dryRun: DRY_RUN,
  },
  output: ROTATION,
  table: ({ keys }) => rowsOf("key")(keys),
  failed: ({ confirmed }) => !confirmed,
  async run({ flags: { client, olderThan: ageMs = 0, overlap, dryRun, ...location }, context }) {
    const plan = { client, ageMs, overlapMs: overlap };
    const planned = await readClients(
      context,
      location,
      async ({ admin }) => plannedRotation(await admin.accounts(), plan),
    );
    if (dryRun || planned.keys.length === 0) return planned;
    const names = new Set(planned.keys.map((key) => key.client));
    const what = `${countText(planned.keys.length, "key")} of ${countText(names.size, "client")}`;
    assertConfirmed(context, `Rotate ${what} (${[...names].sort().join(", ")})?`);
    const action = { action: "rotate-secrets" };
    const result = await changeClients(context, location, {
      action,
      body: async (clients, done) => {
        const rotated = await rotateAll(clients, plan);
        const { keys } = rotated;
        Object.assign(done, { key: keys.map((key) => `${key.old} → ${key.new}`).join(", ") });
        return rotated;
      },
    });
    if (!result.confirmed) notice(context, "a gateway did not say that it knows the new keys");
    return result;
  },
});
