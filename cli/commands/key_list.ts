import { buildCommand, type Command } from "@stricli/core";
import { keyAges } from "@ssmd/metadata";
import type { SsmdContext } from "../context.ts";
import { ENV_FILTER_FLAG } from "../flags.ts";
import { KEY_FLAGS, type KeyFlags } from "../keys/flags.ts";
import { roomNames, withKeyRoom } from "../keys/key_room.ts";
import { tellMissing } from "../keys/tell_missing.ts";
import { missingFields } from "../keys/verify_key.ts";
import { render } from "../render.ts";

interface Flags extends KeyFlags {
  env?: string;
}

const COLUMNS = ["environment", "key", "type", "source", "fields", "rotated", "expires", "state"];

/** `ssmd key list` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: {
    brief: "List keys with their sources, ages and expiry",
    fullDescription: "List keys with their sources, ages and expiry; never their values.\n\n" +
      "The state says: missing (a field has no value; exit code 1), ok, expiring (within 14 days), expired, unknown (has a limit, but no " +
      "rotation is recorded), unlimited (has no rotation_days).\n\n" +
      "EXAMPLES\n  ssmd key list\n  ssmd key list --env kalshi --output json",
  },
  parameters: { flags: { env: ENV_FILTER_FLAG, ...KEY_FLAGS } },
  func: runList,
});

async function runList(this: SsmdContext, flags: Flags): Promise<void> {
  const { stdout } = this.process;
  const value = [];
  for (const env of await roomNames(this, flags.env)) {
    value.push(...await listed(this, env));
  }
  const rows = value.map(({ missing: _, ...key }) => ({
    ...key,
    fields: key.fields.join(" "),
    rotated: key.rotated_at?.slice(0, 10),
    expires: key.expires_at?.slice(0, 10),
  }));
  stdout.write(render({ value, rows, columns: COLUMNS }, flags.output));
  tellMissing(this, value);
  if (flags.output === "table") {
    stdout.write(`${value.length} ${value.length === 1 ? "key" : "keys"}\n`);
  }
}

async function listed(context: SsmdContext, env: string) {
  return await withKeyRoom(
    context,
    env,
    ({ environment }) => ({ action: "list", keys: Object.keys(environment.keys) }),
    async (room) => {
      const { environment, rotations } = room;
      const ages = keyAges(environment, rotations, Date.now());
      const missing = new Map<string, string[]>();
      for (const { key } of ages) missing.set(key, await missingFields(room, key));
      return ages.flatMap((age) => {
        const spec = environment.keys[age.key];
        const lacking = missing.get(age.key) ?? [];
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
          missing: lacking,
          state: lacking.length > 0 ? "missing" as const : age.state,
        }];
      });
    },
  );
}
