import { defineCommand } from "../command/define.ts";
import { auditCounts } from "../report/audit_counts.ts";

export default defineCommand({
  name: "report data-access",
  brief: "Count a month's data accesses by client and request",
  shippedRegistry: true,
  examples: ["ssmd report data-access --month 2026-08 --env kraken"],
  ...auditCounts(["data-access"]),
});
