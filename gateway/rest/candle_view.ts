import type { z } from "zod";
import { type Candle, type CandleClock, figuresOf, INTERVALS } from "@ssmd/dataset/series";
import type { CandleAnswer } from "../history/candle_reader.ts";
import type { GapSpan } from "../history/gap_span.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { Market } from "../state/market.ts";
import { gapJson } from "./gap_view.ts";
import { gapHints } from "./history_hints.ts";
import type { Span } from "./history_span.ts";
import { invalidParameter, Problem } from "../http/problem.ts";
import type { CANDLE, CANDLE_LIST } from "./schemas/history.ts";

type CandleJson = z.output<typeof CANDLE>;

/** Parameters of a request for candles. */
interface CandleRequest {
  interval: keyof typeof INTERVALS;
  from?: number | undefined;
  to?: number | undefined;
  limit: number;
  clock: CandleClock;
  fill: "none" | "previous";
}

/** Returns the span of a request, aligned to intervals. Throws {@linkcode Problem} (400). */
export function candleSpan(
  { interval, from, to, limit }: CandleRequest,
  nowUs: number,
): Span & { intervalUs: number } {
  const intervalUs = INTERVALS[interval];
  const toUs = Math.ceil((to ?? nowUs + 1) / intervalUs) * intervalUs;
  const first = from ?? Math.max(0, toUs - limit * intervalUs);
  const fromUs = Math.floor(first / intervalUs) * intervalUs;
  if (fromUs >= toUs) throw invalidParameter("from", "is not before to", "from is before to");
  const most = GATEWAY_LIMITS.candlesMax;
  const count = (toUs - fromUs) / intervalUs;
  if (count <= most) return { fromUs, toUs, intervalUs };
  const hint = `at most ${most} intervals in one answer: a longer interval, or part after part`;
  throw new Problem("SPAN_TOO_LONG", `The span has ${count} intervals of ${interval}`, {
    status: 400,
    hint,
  });
}

/** Returns the answer for candles. */
export function candleAnswer(
  { candles, lateTrades, endUs, gaps }: CandleAnswer,
  request: CandleRequest & Span & { market: Market; intervalUs: number; nowUs: number },
): z.output<typeof CANDLE_LIST> {
  const { market, interval, clock, fromUs, toUs, fill } = request;
  const made = candles.map((candle) => candleJson(candle, request, gaps));
  const isCut = endUs < toUs;
  return {
    symbol: market.symbol,
    feed: market.feed.id,
    interval,
    clock,
    from: fromUs / 1000,
    to: toUs / 1000,
    candles: fill === "previous" ? fillPrevious(made, { ...request, endUs, gaps }) : made,
    late_trades: lateTrades,
    ...(isCut ? { next_from: endUs / 1000 } : {}),
    gaps: gaps.map(gapJson),
    _hints: [
      ...(isCut ? ["The answer ends early: ask again with from=next_from."] : []),
      ...(lateTrades > 0 && candles.length === 0
        ? ["All trades came long after their own time (a replay?): ask with clock=received."]
        : []),
      ...gapHints(gaps),
    ],
  };
}

interface Frame {
  intervalUs: number;
  nowUs: number;
}

function candleJson(candle: Candle, frame: Frame, gaps: readonly GapSpan[]): CandleJson {
  return { ...headOf(candle.startUs, frame, gaps), ...figuresOf(candle) };
}

function headOf(startUs: number, { intervalUs, nowUs }: Frame, gaps: readonly GapSpan[]) {
  const endUs = startUs + intervalUs;
  return {
    start: startUs / 1000,
    complete: endUs + GATEWAY_LIMITS.candleSettledMs * 1000 <= nowUs,
    gap: gaps.some(({ fromUs, toUs }) => fromUs < endUs && (toUs === 0 || toUs > startUs)),
  };
}

/** Inserts flat candles for missing intervals, up to now after the last candle. */
function fillPrevious(
  made: readonly CandleJson[],
  frame: Frame & { endUs: number; gaps: readonly GapSpan[] },
): CandleJson[] {
  const all: CandleJson[] = [];
  const { intervalUs, nowUs, endUs, gaps } = frame;
  for (let i = 0; i < made.length; i++) {
    const candle = made[i] as CandleJson;
    all.push(candle);
    const next = made[i + 1]?.start;
    const untilUs = next === undefined ? Math.min(endUs, nowUs) : next * 1000;
    const { close } = candle;
    for (let us = candle.start * 1000 + intervalUs; us < untilUs; us += intervalUs) {
      const flat = { open: close, high: close, low: close, close, volume: 0, buy_volume: 0 };
      all.push({ ...headOf(us, frame, gaps), ...flat, vwap: null, trades: 0 });
    }
  }
  return all;
}
