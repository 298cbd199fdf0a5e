import { buildCommand, type Command, type CommandContext } from "@stricli/core";
import { keyAges } from "@ssmd/metadata";
import { ANY_ENV_FLAG, KEY_FLAGS, type KeyFlags } from "../keys/flags.ts";
import { roomNames, withKeyRoom } from "../keys/key_room.ts";
import { render } from "../render.ts";

interface Flags extends KeyFlags {
  env?: string;
}

const COLUMNS = ["environment", "key", "type", "source", "fields", "rotated", "expires", "state"];

/** `ssmd key list` */
export const command: Command<CommandContext> = buildCommand<Flags, [], CommandContext>({
  docs: {
    brief: "List keys with their sources, ages and expiry",
    fullDescription: "List keys with their sources, ages and expiry; never their values.\n\n" +
      "The state says: ok, expiring (within 14 days), expired, unknown (has a limit, but no " +
      "rotation is recorded), unlimited (has no rotation_days).\n\n" +
      "EXAMPLES\n  ssmd key list\n  ssmd key list --env kalshi --output json",
  },
  parameters: { flags: { env: ANY_ENV_FLAG, ...KEY_FLAGS } },
  func: runList,
});

async function runList(this: CommandContext, flags: Flags): Promise<void> {
  const { stdout, stderr } = this.process;
  const value = [];
  for (const env of await roomNames(flags)) value.push(...await listed({ ...flags, env }, stderr));
  const rows = value.map((key) => ({
    ...key,
    fields: key.fields.join(" "),
    rotated: key.rotated_at?.slice(0, 10),
    expires: key.expires_at?.slice(0, 10),
  }));
  stdout.write(render({ value, rows, columns: COLUMNS }, flags.output));
  if (flags.output === "table") {
    stdout.write(`${value.length} ${value.length === 1 ? "key" : "keys"}\n`);
  }
}

async function listed(flags: Flags & { env: string }, stderr: { write(text: string): void }) {
  return await withKeyRoom(
    flags,
    ({ environment }) => ({ action: "list", keys: Object.keys(environment.keys) }),
    stderr,
    ({ environment, rotations }) => {
      const ages = keyAges(environment, rotations, Date.now());
      return Promise.resolve(ages.flatMap((age) => {
        const spec = environment.keys[age.key];
        return spec === undefined ? [] : [{
          environment: environment.name,
          key: age.key,
          type: spec.type,
          source: spec.source,
          fields: spec.fields,
          required: spec.required,
          rotation_days: age.rotationDays ?? null,
          rotated_at: age.rotatedAt ?? null,
          age_days: age.ageDays ?? null,
          expires_at: age.expiresAt ?? null,
          expires_in_days: age.expiresInDays ?? null,
          state: age.state,
        }];
      }));
    },
  );
}
