import { z } from "zod";
import { ENVIRONMENT_FILTER } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { environmentsWithKeys, useEachKey } from "../keys/key_context.ts";
import { hasMissing, reportMissing } from "../keys/report_missing.ts";
import { missingFields } from "../keys/verify_key.ts";
import { ageOf } from "../keys/written_key.ts";

const KEY = z.object({
  environment: z.string(),
  key: z.string(),
  type: z.string(),
  source: z.string(),
  fields: z.array(z.string()),
  required: z.boolean(),
  rotation_days: z.int().nullable(),
  rotated_at: z.string().nullable().describe("ISO 8601"),
  age_days: z.int().nullable(),
  expires_at: z.string().nullable().describe("ISO 8601"),
  expires_in_days: z.int().nullable(),
  missing: z.array(z.string()).describe("Locations of missing values"),
  state: z.enum(["missing", "ok", "expiring", "expired", "unknown", "unlimited"]),
});

export default defineCommand({
  name: "key list",
  brief: "List keys with their sources, ages and expiry",
  description:
    "Values are never shown.\n\nState: missing (a field has no value; exit code 1), ok, " +
    "expiring (within 14 days), expired, unknown (has an age limit, but no rotation is " +
    "recorded), unlimited (has no rotation_days).",
  examples: ["ssmd key list", "ssmd key list --env kalshi --output json"],
  flags: { env: ENVIRONMENT_FILTER },
  output: z.array(KEY),
  table: (keys) => ({
    rows: keys.map((key) => ({
      ...key,
      fields: key.fields.join(" "),
      missing: key.missing.length,
      rotated: key.rotated_at?.slice(0, 10),
      expires: key.expires_at?.slice(0, 10),
    })),
    columns: ["environment", "key", "type", "source", "fields", "rotated", "expires", "state"],
    counted: "key",
  }),
  failed: hasMissing,
  async run({ flags, context }) {
    const keys: z.output<typeof KEY>[] = [];
    for (const env of await environmentsWithKeys(context, flags.env)) {
      keys.push(
        ...await useEachKey(context, { env, action: "list" }, async (key) => {
          const age = ageOf(key);
          const missing = await missingFields(key);
          return {
            ...{ environment: key.keys.environment.name, key: key.name, type: key.spec.type },
            ...{ source: key.spec.source, fields: [...key.spec.fields] },
            required: key.spec.required,
            rotation_days: age?.rotationDays ?? null,
            rotated_at: age?.rotatedAt ?? null,
            age_days: age?.ageDays ?? null,
            expires_at: age?.expiresAt ?? null,
            expires_in_days: age?.expiresInDays ?? null,
            missing,
            state: missing.length > 0 ? "missing" as const : age?.state ?? "unknown" as const,
          };
        }),
      );
    }
    reportMissing(context, keys);
    return keys;
  },
});
