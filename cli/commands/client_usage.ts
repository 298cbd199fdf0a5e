import { z } from "zod";
import type { UsageCount } from "@ssmd/gateway/access";
import { readClients } from "../client/client_context.ts";
import { ANY_CLIENT, CLIENT_FLAGS } from "../client/flags.ts";
import { defineCommand } from "../command/define.ts";
import { day, parsed } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { UsageError } from "../exit.ts";
import { sortedBy } from "../format.ts";
import { parseList } from "../command/parsers.ts";

const COLUMNS = ["day", "client", "feed", "type"] as const;
type Column = typeof COLUMNS[number];

const COUNT = z.object({
  day: z.string().exactOptional(),
  client: z.string().exactOptional(),
  feed: z.string().exactOptional(),
  type: z.string().exactOptional(),
  messages: z.int(),
});

export default defineCommand({
  name: "client usage",
  brief: "Show what clients received, by day, client, feed and type",
  description:
    "Messages are those delivered on streams; requests have the type request and no feed. Days " +
    "are UTC. A running gateway writes its counts every second. Usage is kept for 800 days.",
  examples: [
    "ssmd client usage",
    "ssmd client usage desk --from 2026-01-01 --to today --by day,type",
    "ssmd client usage --by client --output json",
  ],
  flags: {
    ...CLIENT_FLAGS,
    from: day("First day: YYYY-MM-DD, today, yesterday, 7d"),
    to: day("Last day: YYYY-MM-DD, today, yesterday, 7d"),
    by: parsed(parseColumns, `Columns to group by: ${COLUMNS.join(", ")}`, {
      default: COLUMNS.join(","),
      placeholder: "columns",
    }),
  },
  args: [ANY_CLIENT],
  output: z.array(COUNT),
  table: (counts, { by }) => rowsOf("row", [...by, "messages"])(counts),
  async run({ flags: { from, to, by, ...flags }, args: [client], context }) {
    if (from !== undefined && to !== undefined && from > to) {
      throw new UsageError("WRONG_USAGE", "--from is later than --to", { hint: "Exchange them" });
    }
    const counts = await readClients(context, flags, ({ store }) =>
      store.usage({
        ...(client === undefined ? {} : { client }),
        ...(from === undefined ? {} : { fromDay: from }),
        ...(to === undefined ? {} : { toDay: to }),
      }));
    return summed(counts, by);
  },
});

function parseColumns(text: string): Column[] {
  return parseList(text).map((word) => {
    const column = COLUMNS.find((each) => each === word);
    if (column !== undefined) return column;
    throw new RangeError(`columns are ${COLUMNS.join(", ")}, with commas between`);
  });
}

function summed(counts: readonly UsageCount[], by: readonly Column[]) {
  const sums = new Map<string, Partial<Record<Column, string>> & { messages: number }>();
  for (const count of counts) {
    const name = by.map((column) => count[column]).join(" ");
    const known = sums.get(name);
    if (known !== undefined) known.messages += count.messages;
    else {
      const own = Object.fromEntries(by.map((column) => [column, count[column]]));
      sums.set(name, { ...own, messages: count.messages });
    }
  }
  return sortedBy([...sums.values()], ...by);
}
