import { buildCommand, type Command } from "@stricli/core";
import { EXPIRING_DAYS, keyAges } from "@ssmd/metadata";
import { notice, type SsmdContext } from "../context.ts";
import { ENV_FILTER_FLAG } from "../flags.ts";
import { KEY_FLAGS, type KeyFlags } from "../keys/flags.ts";
import { roomNames, withKeyRoom } from "../keys/key_room.ts";
import { tellMissing } from "../keys/tell_missing.ts";
import { missingFields } from "../keys/verify_key.ts";
import { render } from "../render.ts";

interface Flags extends KeyFlags {
  env?: string;
  within: number;
}

const COLUMNS = ["environment", "key", "age_days", "expires_in_days", "expires_at", "state"];

/** `ssmd key check` */
export const command: Command<SsmdContext> = buildCommand<Flags, [], SsmdContext>({
  docs: {
    brief: "Check ages: exit code 1 when a key is expired or missing",
    fullDescription:
      "Check ages: exit code 1 when a key is expired or a field is missing. Keys that expire soon, and " +
      "keys with a limit whose last rotation nobody recorded, are told on stderr.\n\n" +
      "EXAMPLES\n  ssmd key check\n  ssmd key check --env kalshi --within 30",
  },
  parameters: {
    flags: {
      env: ENV_FILTER_FLAG,
      within: {
        kind: "parsed",
        parse: daysOf,
        brief: "Days before the end from which on a key counts as expiring",
        default: String(EXPIRING_DAYS),
        placeholder: "days",
      },
      ...KEY_FLAGS,
    },
  },
  func: runCheck,
});

async function runCheck(this: SsmdContext, flags: Flags): Promise<void> {
  const { stdout, stderr } = this.process;
  const value = [];
  for (const env of await roomNames(this, flags.env)) {
    const ages = await withKeyRoom(
      this,
      env,
      ({ environment }) => ({ action: "check", keys: Object.keys(environment.keys) }),
      async (room) => {
        const ages = keyAges(room.environment, room.rotations, Date.now(), flags.within);
        const found = [];
        for (const age of ages) {
          found.push({ ...age, missing: await missingFields(room, age.key) });
        }
        return found;
      },
    );
    value.push(...ages.map((age) => ({
      environment: env,
      key: age.key,
      age_days: age.ageDays ?? null,
      expires_in_days: age.expiresInDays ?? null,
      expires_at: age.expiresAt ?? null,
      missing: age.missing,
      state: age.missing.length > 0 ? "missing" as const : age.state,
    })));
  }
  stdout.write(
    render({
      value,
      rows: value.map(({ missing: _, ...row }) => row),
      columns: COLUMNS,
    }, flags.output),
  );
  tellMissing(this, value);
  for (const { environment, key, state } of value) {
    const rotate = `ssmd key rotate ${key} --env ${environment}`;
    if (state === "expired") stderr.write(`expired: ${key} of ${environment}: ${rotate}\n`);
    if (state === "expiring") notice(this, `expires soon: ${key} of ${environment}: ${rotate}`);
    if (state === "unknown") {
      notice(this, `age not known: ${key} of ${environment}; ${rotate} records one`);
    }
  }
  if (value.some(({ state }) => state === "expired")) Deno.exitCode = 1;
}

function daysOf(text: string): number {
  const days = Number(text);
  if (/^\d{1,4}$/.test(text)) return days;
  throw new SyntaxError("a whole number of days, 0 to 9999");
}
