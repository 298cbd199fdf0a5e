import { allEvents, type AuditCategory } from "@ssmd/audit";
import { z } from "zod";
import { withAudit } from "../audit/audit_source.ts";
import { CLIENT_FLAGS } from "../client/flags.ts";
import type { ValuesOf } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import type { SsmdContext } from "../context.ts";
import { sortedBy } from "../format.ts";
import { MONTH } from "./month.ts";

const COUNT = z.object({
  category: z.string(),
  actor: z.string(),
  action: z.string(),
  target: z.string(),
  outcome: z.string(),
  events: z.int(),
  first: z.string().describe("ISO 8601"),
  last: z.string().describe("ISO 8601"),
});

/** Action of a gateway's event about a caller, who changed and read nothing. */
const REFUSED_CALLER = "caller refused";

const FLAGS = { ...CLIENT_FLAGS, month: MONTH };

/** Definition fields of a report that counts a month's events by actor, action and target. */
export function auditCounts(categories: readonly AuditCategory[]) {
  return {
    description:
      `Counts the events of ssmd audit list in the categories ${categories.join(", ")}, by ` +
      "actor, action and object.",
    flags: FLAGS,
    output: z.array(COUNT),
    table: rowsOf("row"),
    run: ({ flags, context }: { flags: ValuesOf<typeof FLAGS>; context: SsmdContext }) =>
      withAudit(context, { ...flags, registry: false }, async (source) => {
        const counts = new Map<string, z.output<typeof COUNT>>();
        const { month } = flags.month;
        for await (const event of allEvents(source, { from: `${month}-01`, to: `${month}-31` })) {
          const { category, actor, action, target, outcome, at } = event;
          if (!categories.includes(category) || action === REFUSED_CALLER) continue;
          const name = [category, actor, action, target, outcome].join("\0");
          const known = counts.get(name) ??
            { category, actor, action, target, outcome, events: 0, first: at, last: at };
          counts.set(name, { ...known, events: known.events + 1, last: at });
        }
        return sortedBy([...counts.values()], "category", "actor", "action", "target");
      }),
  };
}
