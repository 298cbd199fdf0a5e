import { z } from "zod";
import { EXPIRING_DAYS, keyAges } from "@ssmd/metadata";
import { ENVIRONMENT_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { parsed } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { notice, type SsmdContext } from "../context.ts";
import { type DeclaredKey, environmentsWithKeys, useEachKey } from "../keys/key_context.ts";
import { hasMissing, reportMissing } from "../keys/report_missing.ts";
import { missingFields } from "../keys/verify_key.ts";

const AGE = z.object({
  environment: z.string(),
  key: z.string(),
  age_days: z.int().nullable(),
  expires_in_days: z.int().nullable(),
  expires_at: z.string().nullable().describe("ISO 8601"),
  missing: z.array(z.string()).describe("Locations of missing values"),
  state: z.enum(["missing", "ok", "expiring", "expired", "unknown", "unlimited"]),
});

const COLUMNS = ["environment", "key", "age_days", "expires_in_days", "expires_at", "state"];

export default defineCommand({
  name: "key check",
  brief: "Check the ages of keys; exit code 1 when one is expired or missing",
  description:
    "Exit code 1 when a key is expired or a field is missing. Keys that expire soon, and " +
    "keys with an age limit but no recorded rotation, are listed on stderr.",
  examples: ["ssmd key check", "ssmd key check --env kalshi --within 30"],
  flags: {
    env: ENVIRONMENT_FILTER,
    within: parsed(parseDays, "Days before expiry from which a key counts as expiring", {
      default: String(EXPIRING_DAYS),
      placeholder: "days",
      type: "number",
    }),
  },
  output: z.array(AGE),
  table: rowsOf("key", COLUMNS),
  failed: (ages) => hasMissing(ages) || ages.some(({ state }) => state === "expired"),
  async run({ flags, context }) {
    const ages: z.output<typeof AGE>[] = [];
    for (const env of await environmentsWithKeys(context, flags.env)) {
      const action = { env, action: "check" } as const;
      ages.push(...await useEachKey(context, action, (key) => checkAge(key, flags.within)));
    }
    reportMissing(context, ages);
    reportAges(context, ages);
    return ages;
  },
});

async function checkAge(key: DeclaredKey, withinDays: number): Promise<z.output<typeof AGE>> {
  const { keys: { environment, rotations }, name } = key;
  const age = keyAges(environment, rotations, { nowMs: Date.now(), expiringDays: withinDays })
    .find((each) => each.key === name);
  const missing = await missingFields(key);
  return {
    environment: environment.name,
    key: name,
    age_days: age?.ageDays ?? null,
    expires_in_days: age?.expiresInDays ?? null,
    expires_at: age?.expiresAt ?? null,
    missing,
    state: missing.length > 0 ? "missing" : age?.state ?? "unknown",
  };
}

function reportAges(context: SsmdContext, ages: readonly z.output<typeof AGE>[]): void {
  for (const { environment, key, state } of ages) {
    const rotate = `ssmd key rotate ${key} --env ${environment}`;
    if (state === "expired") {
      context.process.stderr.write(`expired: ${key} of ${environment}: ${rotate}\n`);
    }
    if (state === "expiring") notice(context, `expires soon: ${key} of ${environment}: ${rotate}`);
    if (state === "unknown") {
      notice(context, `age not known: ${key} of ${environment}; ${rotate} records one`);
    }
  }
}

function parseDays(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new SyntaxError("a whole number of days, 0 to 9999");
}
