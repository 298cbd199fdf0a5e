import { decode } from "@ssmd/codec";
import { type BookRow, bookRows, type MissingSpan } from "@ssmd/dataset/series";
import {
  ALL_SYMBOLS,
  type EventType,
  type Fire,
  type MarketEvent,
  type ServiceRefusal,
  type SignalsDone,
  signalsSubject,
  subjectOf,
} from "@ssmd/market";
import { DAY_US, isoOfUs, nowUs, SsmdError } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { z } from "zod";
import { AGENT_LIMITS } from "../limits.ts";
import { agentTool } from "./agent_tool.ts";
import { STATE_BUILDERS } from "./state_builders.ts";

/** Span of trades read before the requested time. */
const TRADES_SPAN_US = 60_000_000;

const MARKET = { feed: z.string().min(1).max(64), symbol: z.string().min(1).max(256) };
const AT = z.number().positive().optional().describe("µs since 1970; absent = now");

/** Spans to search for a book's newest update, shortest first. */
const BOOK_SPANS_US = [60_000_000, 3_600_000_000, DAY_US];

/** Data sources of the tools. */
interface ToolSources {
  env: string;
  transport: Transport;
  /** Returns stored fires of a signal on a market, newest first. */
  firesOf: (signal: string, symbol: string) => readonly Fire[];
}

/** Returns the tools of an environment's agents; all are read-only and local. */
export function agentTools(sources: ToolSources) {
  return {
    replay_orderbook: agentTool({
      description: "The book of a market as it was at a time, replayed from its updates",
      input: z.strictObject({ ...MARKET, at: AT, levels: z.int().min(1).max(100).default(10) }),
      run: (args) => replayOrderbook(sources, args),
    }),
    list_state_builders: agentTool({
      description: "What a signal can keep of a market, and what conditions read of it",
      input: z.strictObject({}),
      run: () => Promise.resolve({ builders: STATE_BUILDERS }),
    }),
    list_signals: agentTool({
      description: "The signals that run here, with titles, parameters and fires",
      input: z.strictObject({}),
      run: () => listSignals(sources),
    }),
    get_recent_trades: agentTool({
      description: "The trades of a market in the minute before a time, the newest last",
      input: z.strictObject({ ...MARKET, at: AT }),
      run: (args) => recentTrades(sources, args),
    }),
    get_signal_history: agentTool({
      description: "The fires of a signal on a market that were acted on, the newest first",
      input: z.strictObject({ signal: z.string().min(1).max(64), symbol: MARKET.symbol }),
      run: ({ signal, symbol }) =>
        Promise.resolve({
          fires: sources.firesOf(signal, symbol).map(({ id, receivedAtUs, values }) => ({
            ...{ id, at: isoOfUs(receivedAtUs), values },
          })),
        }),
    }),
  };
}

/** The tools of {@linkcode agentTools}. */
export type AgentTools = ReturnType<typeof agentTools>;

interface Market {
  feed: string;
  symbol: string;
  at?: number | undefined;
}

async function recentTrades(sources: ToolSources, { feed, symbol, at = nowUs() }: Market) {
  const trades: { at: string; price: number; size: number }[] = [];
  const span = { feed, symbol, fromUs: at - TRADES_SPAN_US, toUs: at + 1 };
  for await (const batch of busRecords(sources, "trade", span)) {
    for (const { receivedAtUs, price, size } of batch) {
      trades.push({ at: isoOfUs(receivedAtUs), price, size });
      if (trades.length > AGENT_LIMITS.contextRecordsMax) trades.shift();
    }
  }
  return { trades };
}

async function replayOrderbook(
  sources: ToolSources,
  { feed, symbol, at = nowUs(), levels }: Market & { levels: number },
) {
  const gaps: MissingSpan[] = [];
  for (const each of [symbol, ALL_SYMBOLS]) {
    const span = { feed, symbol: each, fromUs: 0, toUs: at + 1 };
    for await (const batch of busRecords(sources, "gap", span)) {
      gaps.push(...batch.filter(({ recovered }) => !recovered));
    }
  }
  const read = (name: string, fromUs: number, toUs: number) =>
    busRecords(sources, "orderbook", { feed, symbol: name, fromUs, toUs });
  let row: BookRow | undefined;
  for (const spanUs of BOOK_SPANS_US) {
    const [fromUs, toUs] = [at - spanUs, at + 1];
    const options = { feed, depth: levels, everyUs: 0, fromUs, toUs, gaps };
    for await (const rows of bookRows(read(symbol, fromUs, toUs), options, read)) {
      row = rows.at(-1) ?? row;
    }
    if (row !== undefined) break;
  }
  const isKnown = row?.gap === false;
  const { bids, asks } = row ?? { bids: [], asks: [] };
  return { feed, symbol, at: isoOfUs(at), known: isKnown, bids, asks };
}

type RecordOf<T extends EventType> = Extract<MarketEvent, { type: T }>;

interface Span {
  feed: string;
  symbol: string;
  fromUs: number;
  /** Exclusive end. */
  toUs: number;
}

/** Reads a market's records of a span from the bus. */
async function* busRecords<T extends EventType>(
  { env, transport }: ToolSources,
  type: T,
  { feed, symbol, fromUs, toUs }: Span,
): AsyncGenerator<RecordOf<T>[], void> {
  const { lastSequence } = await transport.state();
  const batches = transport.read({
    filters: [subjectOf(env, feed, type, symbol)],
    ...{ from: { timeUs: fromUs }, toSequence: lastSequence },
    signal: AbortSignal.timeout(AGENT_LIMITS.webhookMs),
  });
  for await (const batch of batches) {
    const records = batch.map(({ payload }) => decode(type, payload));
    yield records.filter(({ receivedAtUs: us }) => us >= fromUs && us < toUs);
    if ((records.at(-1)?.receivedAtUs ?? 0) >= toUs) return;
  }
}

async function listSignals({ env, transport }: ToolSources) {
  const request = new TextEncoder().encode(JSON.stringify({ action: "list" }));
  const payload = await transport.request(signalsSubject(env), request, AGENT_LIMITS.webhookMs);
  const answer: SignalsDone | ServiceRefusal = JSON.parse(new TextDecoder().decode(payload));
  if (!answer.ok) throw new SsmdError(answer.code, answer.message, { hint: answer.hint });
  return {
    signals: answer.signals.map(({ id, title, version, state, params, fires }) => ({
      ...{ id, title, version, state, params, fires },
    })),
  };
}
