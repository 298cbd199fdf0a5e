import { rollAudit } from "@ssmd/audit";
import { SsmdError } from "@ssmd/runtime";
import { z } from "zod";
import { AUDIT_SOURCE_FLAGS, withAudit } from "../audit/audit_source.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "audit roll",
  brief: "Move finished days of the audit log to storage, as up and the worker do daily",
  description:
    "Drops texts that are past their retention; their hashes stay, so the chain can still be " +
    "verified.",
  shippedRegistry: true,
  examples: ["ssmd audit roll --env kraken"],
  flags: { env: AUDIT_SOURCE_FLAGS.env, data: AUDIT_SOURCE_FLAGS.data },
  output: z.object({
    rolled: z.array(z.string()).describe("Days moved to storage"),
    expired: z.array(z.string()).describe("Days whose texts were dropped"),
  }),
  run: ({ flags, context }) =>
    withAudit(context, { ...flags, registry: false }, async ({ storage, ...source }) => {
      if (storage !== undefined) return await rollAudit({ ...source, storage }, Date.now());
      throw new SsmdError("STORAGE_NOT_SHARED", `Environment ${flags.env} keeps no files`, {
        hint: "Its audit log stays whole in its file",
      });
    }),
});
