import { type MarketState, type Status, stepsOfText, valueOf } from "@ssmd/market";
import { PRICE_DECIMALS } from "./format.ts";
import type { KalshiBody } from "./messages.ts";

const STATES: Readonly<Record<string, MarketState>> = {
  created: "listed",
  activated: "open",
  deactivated: "halted",
  determined: "closed",
  settled: "settled",
};

/** Steps of a market's life that change nothing that we keep. */
const IGNORED: readonly string[] = [
  "close_date_updated",
  "price_level_structure_updated",
  "metadata_updated",
];

/** The life of markets; remembers how a market was determined until it is settled. */
export class Lifecycle {
  #feed: string;
  #results = new Map<string, string>();

  /** The lifecycle of `feed`. */
  constructor(feed: string) {
    this.#feed = feed;
  }

  /** The record of a step; "ignored" when it is of no interest, "unreadable" when it is no step. */
  step(
    ticker: string,
    symbol: string,
    body: KalshiBody,
    receivedAtUs: number,
  ): Status | "ignored" | "unreadable" {
    const word = body.event_type;
    if (typeof word !== "string") return "unreadable";
    const state = STATES[word];
    if (state === undefined) return IGNORED.includes(word) ? "ignored" : "unreadable";
    if (state === "closed") {
      const result = resultOf(body);
      if (result === undefined) return "unreadable";
      this.#results.set(ticker, result);
    }
    const result = this.#results.get(ticker) ?? "";
    if (state === "settled") this.#results.delete(ticker);
    return {
      type: "status",
      timestampUs: secondsOf(state === "settled" ? body.settled_ts : body.determination_ts),
      receivedAtUs,
      symbol,
      feed: this.#feed,
      sequence: 0,
      state,
      result,
      detail: word,
    };
  }

  /** Tickers of markets that are determined and not settled. */
  tickers(): Iterable<string> {
    return this.#results.keys();
  }

  /** How a market was determined that is not settled; undefined of others. */
  carried(ticker: string): string | undefined {
    return this.#results.get(ticker);
  }

  /** How a market was determined in an earlier run. */
  carry(ticker: string, result: unknown): void {
    if (typeof result === "string") this.#results.set(ticker, result);
  }

  /** Plain JSON. */
  state(): [string, string][] {
    return [...this.#results];
  }

  /** Takes over results. */
  restore(state: readonly [string, string][]): void {
    this.#results = new Map(state);
  }
}

/** `yes`, `no`, "" or the fair price of a scalar market (`0.42`); undefined when unreadable. */
function resultOf(body: KalshiBody): string | undefined {
  const { result, settlement_value: value } = body;
  if (result === "scalar") {
    const steps = typeof value === "string" ? stepsOfText(value, PRICE_DECIMALS) : NaN;
    return Number.isNaN(steps) ? undefined : String(valueOf(steps, PRICE_DECIMALS));
  }
  if (result === undefined) return "";
  return typeof result === "string" ? result : undefined;
}

function secondsOf(value: unknown): number {
  return typeof value === "number" && value > 0 && value < 1e11 ? Math.round(value * 1e6) : 0;
}
