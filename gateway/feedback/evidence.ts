import { DAY_US, nowUs } from "@ssmd/runtime";
import { type AskRoute, type Json, listIn, pathOf } from "../http/ask.ts";
import { Problem } from "../http/problem.ts";
import type { Evidence } from "./entry.ts";
import { FEEDBACK_LIMITS } from "./limits.ts";
import type { Report } from "./report.ts";

const RECORDS_MAX = 5_000;

/**
 * Compares a report with the data visible to its reporter. Throws {@linkcode Problem} when the
 * market, time or record does not exist, or the data contradicts the report.
 */
export async function evidenceOf(report: Report, ask: AskRoute): Promise<Evidence> {
  assertWhole(report);
  assertTimes(report);
  const { symbol, feed, from, to = from } = report;
  if (feed !== undefined) await ask({ path: "/v1/gaps", query: { feed, limit: 1 } });
  if (from !== undefined) await assertCovered(report, ask);
  const market = symbol === undefined
    ? undefined
    : await ask({ path: pathOf("/v1/markets", symbol), query: { feed } });
  if (market !== undefined && report.kind === "stale" && from === undefined) assertStale(market);
  const span = from === undefined || to === undefined ? undefined : aroundOf(from, to);
  const record = await recordOf(report, span, ask);
  const trades = symbol === undefined || span === undefined
    ? []
    : await tradesIn(ask, { symbol, feed, ...span });
  const gaps = symbol === undefined || span === undefined
    ? 0
    : await countGaps(ask, { symbol, feed, ...span });
  const quality = market?.["quality"] as Json | undefined;
  return {
    market_state: typeof quality?.["state"] === "string" ? quality["state"] : null,
    gaps,
    records: trades.length,
    record,
    contradicts: report.kind === "missing_data" && gaps === 0 && trades.length > 0,
  };
}

/** Throws when the report has too little information. */
function assertWhole({ kind, symbol, feed, record, from, text }: Report): void {
  if (kind !== "other" && symbol === undefined && feed === undefined) {
    throw refused("REPORT_INCOMPLETE", "it names no market and no feed", "give symbol or feed");
  }
  if (kind === "other" && text.trim() === "") {
    throw refused("REPORT_INCOMPLETE", "it says nothing", "say in text what is wrong");
  }
  if (record !== undefined && symbol === undefined) {
    throw refused("REPORT_INCOMPLETE", "a record is of a market", "give symbol");
  }
  const isOfRecords = kind === "wrong_value" || kind === "duplicate" || kind === "wrong_time";
  if (isOfRecords && record === undefined && from === undefined) {
    throw refused("REPORT_INCOMPLETE", `${kind} needs a place`, "give record or from");
  }
}

function assertTimes({ from, to }: Report): void {
  const latest = Math.max(from ?? 0, to ?? 0);
  if (latest > nowUs() + FEEDBACK_LIMITS.aheadUs) {
    throw refused("TIME_AHEAD", "this time is still to come", "times are UTC");
  }
  if (from !== undefined && to !== undefined && from > to) {
    throw refused("TIMES_REVERSED", "from is after to", "give them the other way round");
  }
}

/** Throws when no data of that day exists. */
async function assertCovered({ symbol, feed, from = 0 }: Report, ask: AskRoute): Promise<void> {
  // Today is in memory, regardless of the archive.
  if (from > nowUs() - DAY_US) return;
  const dayUs = from - from % DAY_US;
  const query = { feed, from: dayUs / 1000, to: (dayUs + DAY_US) / 1000 };
  const { days, _hints: hints } = await ask({ path: "/v1/meta/inventory", query });
  // A caller that may not see the whole feed gets no list of days.
  const isHidden = Array.isArray(hints) &&
    hints.some((hint) => String(hint).startsWith("Not shown"));
  if (isHidden || Array.isArray(days) && days.length > 0) return;
  const what = symbol ?? feed ?? "anything";
  const hint = "data_inventory (/v1/meta/inventory) lists the days that there are";
  throw refused("TIME_NOT_COVERED", `nothing of ${what} is kept of that day`, hint);
}

function assertStale(market: Json): void {
  const { age_ms: ageMs, state } = market["quality"] as Json;
  if (state !== "live" || typeof ageMs !== "number" || ageMs > FEEDBACK_LIMITS.freshMs) return;
  const detail = `the market is live: its newest record is ${ageMs} ms old`;
  throw refused("CONTRADICTED", detail, "give from, if it was stale before");
}

interface Span {
  from: number;
  to: number;
}

/** Returns a span around times, ms. */
function aroundOf(fromUs: number, toUs: number): Span {
  const around = FEEDBACK_LIMITS.aroundUs;
  return { from: Math.max(0, fromUs - around) / 1000, to: (toUs + around) / 1000 };
}

async function recordOf(
  { symbol, feed, record }: Report,
  span: Span | undefined,
  ask: AskRoute,
): Promise<Json | null> {
  if (record === undefined || symbol === undefined) return null;
  const trades = await tradesIn(ask, { symbol, feed, ...span });
  const found = trades.find(({ id, seq }) => id === record || String(seq) === record);
  if (found !== undefined) return found;
  const where = span === undefined ? `the newest ${RECORDS_MAX} trades` : "the trades of that time";
  const hint = "get_trades (/v1/markets/{symbol}/trades) shows ids and sequences";
  throw refused("RECORD_NOT_FOUND", `it is not among ${where}`, hint);
}

async function tradesIn(
  ask: AskRoute,
  { symbol, ...query }: { symbol: string; feed: string | undefined } & Partial<Span>,
): Promise<Json[]> {
  const path = pathOf("/v1/markets", symbol, "/trades");
  return listIn(await ask({ path, query: { ...query, limit: RECORDS_MAX } }), "trades");
}

async function countGaps(
  ask: AskRoute,
  query: { symbol: string; feed: string | undefined } & Span,
): Promise<number> {
  return listIn(await ask({ path: "/v1/gaps", query: { ...query, limit: 1000 } }), "gaps").length;
}

function refused(code: string, detail: string, hint: string): Problem {
  return new Problem(code, `The report is refused: ${detail}`, { status: 400, hint });
}
