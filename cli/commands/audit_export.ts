import { allEvents, AUDIT_EVENT } from "@ssmd/audit";
import {
  AUDIT_FILTER_FLAGS,
  AUDIT_PLACE_FLAGS,
  filterOf,
  withAudit,
} from "../audit/audit_place.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "audit export",
  brief: "Print events as JSON lines, the oldest first",
  examples: ["ssmd audit export --env kraken --from 2026-01-01 > events.jsonl"],
  flags: { ...AUDIT_PLACE_FLAGS, ...AUDIT_FILTER_FLAGS },
  prints: AUDIT_EVENT,
  run: ({ flags, context }) =>
    withAudit(context, flags, async (place) => {
      for await (const event of allEvents(place, filterOf(flags))) {
        context.process.stdout.write(`${JSON.stringify(event)}\n`);
      }
    }),
});
