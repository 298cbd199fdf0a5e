import { AUDIT_EVENT, eventAt } from "@ssmd/audit";
import { SsmdError } from "@ssmd/runtime";
import { AUDIT_SOURCE_FLAGS, withAudit } from "../audit/audit_source.ts";
import { defineCommand } from "../command/define.ts";
import { whole } from "../command/flag.ts";

export default defineCommand({
  name: "audit show",
  brief: "Show one event with its details",
  shippedRegistry: true,
  examples: ["ssmd audit show 1 --env kraken"],
  flags: AUDIT_SOURCE_FLAGS,
  args: [whole("Position of the event", { placeholder: "position", required: true })],
  output: AUDIT_EVENT,
  table: ({ metadata, ...event }) => ({
    rows: Object.entries({ ...event, ...metadata }).map(([field, value]) => ({ field, value })),
  }),
  run: ({ flags, args: [position], context }) =>
    withAudit(context, flags, async (source) => {
      const event = await eventAt(source, position);
      if (event !== undefined) return event;
      throw new SsmdError("AUDIT_EVENT_UNKNOWN", `There is no event ${position}`, {
        hint: `The last one is ${(await source.log.head()).position}; texts expire by category`,
      });
    }),
});
