import { AUDIT_LIST } from "../audit/preset.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "audit list",
  brief: "List who did what, newest first",
  description:
    "Every change by a command or a gateway is one event, whether done or refused. Events of " +
    "the last 30 days come from an index, older ones from storage.",
  shippedRegistry: true,
  examples: [
    "ssmd audit list --env kraken",
    "ssmd audit list --env kraken --outcome refused --from 7d --output json",
    "ssmd audit list --registry --category config-changes",
  ],
  ...AUDIT_LIST,
});
