import { defineCommand } from "../command/define.ts";
import { auditCounts } from "../report/audit_counts.ts";

export default defineCommand({
  name: "report changes",
  brief: "Count a month's changes by actor, action and object",
  shippedRegistry: true,
  examples: ["ssmd report changes --month 2026-08 --env kraken"],
  ...auditCounts([
    ...["client-actions", "entitlement-changes", "config-changes", "operations"] as const,
    "security-events",
  ]),
});
