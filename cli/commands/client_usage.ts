import { buildCommand, type Command } from "@stricli/core";
import type { UsageCount } from "@ssmd/gateway/access";
import { readClients } from "../client/client_room.ts";
import { ANY_CLIENT_WORD, CLIENT_FLAGS, type ClientFlags } from "../client/flags.ts";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { sortedBy } from "../format.ts";
import { dayFlag, docs, parseList } from "../registry/flags.ts";
import { render } from "../render.ts";

interface Flags extends ClientFlags {
  from?: string;
  to?: string;
  by: readonly Column[];
}

const COLUMNS = ["day", "client", "feed", "type"] as const;
type Column = typeof COLUMNS[number];

/** `ssmd client usage` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string?], SsmdContext>({
  docs: docs(
    "Count what clients got, by day, client, feed and type",
    "Messages are those delivered on streams; requests have the type request and no feed. Days are " +
      "UTC. A running gateway writes its counts every second. Usage is kept for 800 days.",
    [
      "ssmd client usage",
      "ssmd client usage desk --from 2026-01-01 --to today --by day,type",
      "ssmd client usage --by client --output json",
    ],
  ),
  parameters: {
    flags: {
      ...CLIENT_FLAGS,
      from: dayFlag("First day: YYYY-MM-DD, or today"),
      to: dayFlag("Last day: YYYY-MM-DD, or today"),
      by: {
        kind: "parsed",
        parse: parseColumns,
        brief: `What is told apart: ${COLUMNS.join(", ")}`,
        default: COLUMNS.join(","),
        placeholder: "columns",
      },
    },
    positional: { kind: "tuple", parameters: [ANY_CLIENT_WORD] },
  },
  async func({ from, to, by, ...flags }, client) {
    if (from !== undefined && to !== undefined && from > to) {
      throw new UsageError("WRONG_USAGE", "--from is later than --to", { hint: "exchange them" });
    }
    const counts = await readClients(this, flags, ({ store }) =>
      store.usage({
        ...(client === undefined ? {} : { client }),
        ...(from === undefined ? {} : { fromDay: from }),
        ...(to === undefined ? {} : { toDay: to }),
      }));
    const value = summed(counts, by);
    const columns = [...by, "messages"];
    const result = { value, rows: value, columns, counted: "row" };
    this.process.stdout.write(render(result, flags.output));
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
    const place = by.map((column) => count[column]).join(" ");
    const known = sums.get(place);
    if (known !== undefined) known.messages += count.messages;
    else {
      const own = Object.fromEntries(by.map((column) => [column, count[column]]));
      sums.set(place, { ...own, messages: count.messages });
    }
  }
  return sortedBy([...sums.values()], ...by);
}
