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
  brief: "Give every key of clients a successor; the old ones hold for a bounded time",
  description:
    "Keys of clients are all the secrets that a gateway makes and keeps: they are changed at once, " +
    "all or none, and the command ends when each gateway knows them. New secrets are shown this " +
    "once. Sign-ins of browsers end with the key that they were made with; tickets and sign-ins " +
    "are random, and in no file. Keys of venues, bus and storage: ssmd key rotate; certificates " +
    "are read again from their files.",
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
