import { z } from "zod";
import { EVENT_TYPES } from "@ssmd/market";
import { isoOfUs } from "@ssmd/runtime";
import { assertNoError, readStream } from "../client/gateway_stream.ts";
import { GATEWAY_FLAGS, gatewayUrl, keyHeader } from "../client/running_gateway.ts";
import { RECORD_TYPES } from "../archive/archive_flags.ts";
import { RUN_FOR, STREAM_OUTPUT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { text, whole } from "../command/flag.ts";
import { notice } from "../context.ts";

const RECORD = z.looseObject({
  type: z.enum(EVENT_TYPES),
  feed: z.string(),
  symbol: z.string(),
}).describe("A record as sent by the gateway's stream");

/** Fields that a line shows separately. */
const SHOWN = new Set(["type", "feed", "symbol", "ts", "recv_ts", "pos"]);

export default defineCommand({
  name: "tail",
  brief: "Print records of the live stream",
  description:
    "Prints all markets, or those given; KX* matches all that begin with KX. Finds a running " +
    "up or gateway by its file in the data folder. If the gateway requires keys, set " +
    "SSMD_API_KEY. Runs until Ctrl-C, --for or --limit.",
  shippedRegistry: true,
  examples: [
    "ssmd tail --limit 3",
    "ssmd tail BTCUSD --type trade --limit 3 --output json",
  ],
  flags: {
    ...GATEWAY_FLAGS,
    type: RECORD_TYPES,
    limit: whole("Stop after this number of records", { placeholder: "count" }),
    for: RUN_FOR,
    output: STREAM_OUTPUT,
  },
  args: { each: text("A symbol, or a prefix and *", { placeholder: "symbol" }) },
  prints: RECORD,
  asks: ["stream subscribe"],
  async run({ flags, args, context }) {
    const { stdout } = context.process;
    const base = flags.url ?? await gatewayUrl(context.globals, flags);
    const query = new URLSearchParams({
      symbols: args.length === 0 ? "*" : args.join(","),
      types: (flags.type ?? EVENT_TYPES).join(","),
    });
    let left = flags.limit ?? Infinity;
    const ended = new AbortController();
    const timer = flags.for === undefined ? undefined : setTimeout(() => ended.abort(), flags.for);
    const onMessage = (line: string | ArrayBuffer) => {
      if (!print(String(line))) ended.abort();
    };
    const headers = keyHeader();
    const print = (line: string) => {
      const message: unknown = JSON.parse(line);
      const record = RECORD.safeParse(message).data;
      if (record === undefined) {
        const { type } = assertNoError(message);
        if (type === "dropped") notice(context, `note: records were dropped: ${line}`);
        return true;
      }
      stdout.write(flags.output === "json" ? `${line}\n` : `${lineOf(record)}\n`);
      return --left > 0;
    };
    try {
      await readStream(`${base}/v1/stream?${query}`, { headers, signal: ended.signal, onMessage });
    } finally {
      clearTimeout(timer);
    }
  },
});

/** Formats a record as a line: receive time, feed, symbol, type, and its other fields. */
function lineOf(record: z.output<typeof RECORD>): string {
  const received = record["recv_ts"];
  const time = typeof received === "number" ? isoOfUs(Math.round(received * 1000)) : "-";
  const fields = Object.entries(record)
    .filter(([name, value]) => !SHOWN.has(name) && value !== null && !isEmpty(value))
    .map(([name, value]) => `${name}=${textOf(value)}`);
  return [time, record.feed, record.symbol, record.type, ...fields].join(" ");
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return levelsText(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Best level of a side and the number of further levels. */
function levelsText(levels: readonly unknown[]): string {
  const [first] = levels;
  if (!Array.isArray(first)) return JSON.stringify(levels);
  const more = levels.length > 1 ? `+${levels.length - 1}` : "";
  return `${first.join("@")}${more}`;
}
