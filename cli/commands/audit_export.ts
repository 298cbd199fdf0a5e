import { allEvents, AUDIT_EVENT } from "@ssmd/audit";
import {
  AUDIT_FILTER_FLAGS,
  AUDIT_SOURCE_FLAGS,
  filterOf,
  withAudit,
} from "../audit/audit_source.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "audit export",
  brief: "Print events as JSON lines, oldest first",
  shippedRegistry: true,
  examples: ["ssmd audit export --env kraken --from 2026-01-01 > events.jsonl"],
  flags: { ...AUDIT_SOURCE_FLAGS, ...AUDIT_FILTER_FLAGS },
  prints: AUDIT_EVENT,
  run({ flags, context }) {
    const filter = filterOf(flags);
    return withAudit(context, flags, async (source) => {
      for await (const event of allEvents(source, filter)) {
        context.process.stdout.write(`${JSON.stringify(event)}\n`);
      }
    });
  },
});
