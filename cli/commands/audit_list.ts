import { newestEvents } from "@ssmd/audit";
import {
  AUDIT_EVENTS,
  AUDIT_FILTER_FLAGS,
  AUDIT_SOURCE_FLAGS,
  eventTable,
  filterOf,
  withAudit,
} from "../audit/audit_source.ts";
import { defineCommand } from "../command/define.ts";
import { whole } from "../command/flag.ts";

export default defineCommand({
  name: "audit list",
  brief: "List who did what, the newest first",
  description:
    "Every change by a command or a gateway is one event, done or refused. Events of the last 30 days " +
    "are found by an index, older ones are read from storage.",
  examples: [
    "ssmd audit list --env kraken",
    "ssmd audit list --env kraken --outcome refused --from 7d --output json",
    "ssmd audit list --registry --category config-changes",
  ],
  flags: {
    ...AUDIT_SOURCE_FLAGS,
    ...AUDIT_FILTER_FLAGS,
    limit: whole("Most events", { default: "100", placeholder: "count" }),
  },
  output: AUDIT_EVENTS,
  table: eventTable,
  run: ({ flags, context }) =>
    withAudit(context, flags, (source) => newestEvents(source, filterOf(flags), flags.limit)),
});
