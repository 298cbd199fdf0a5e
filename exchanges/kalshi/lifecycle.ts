import { type MarketState, type Status, stepsOfText, valueOf } from "@ssmd/market";
import { figureOf } from "../json_fields.ts";
import { LifecycleMemory } from "../unseen_lives.ts";
import { PRICE_DECIMALS } from "./format.ts";
import type { KalshiBody } from "./messages.ts";

const STATES: ReadonlyMap<string, MarketState> = new Map([
  ["created", "listed"],
  ["activated", "open"],
  ["deactivated", "halted"],
  ["determined", "closed"],
  ["disputed", "disputed"],
  ["amended", "amended"],
  ["settled", "settled"],
]);

/** Changes of a market's terms; its state stays the same. */
const TERMS: readonly string[] = ["close_date_updated", "price_level_structure_updated"];
/** Changes that give no record. */
const IGNORED: readonly string[] = ["metadata_updated"];

/** Market lifecycle; remembers the result of a determined market until it settles. */
export class Lifecycle extends LifecycleMemory {
  #feed: string;

  constructor(feed: string) {
    super(feed, "result");
    this.#feed = feed;
  }

  /**
   * Returns the record of a lifecycle step; "ignored" when it gives none, "unknown" when its type
   * is unknown, "unreadable" when it is invalid.
   */
  step(
    ticker: string,
    symbol: string,
    body: KalshiBody,
    receivedAtUs: number,
  ): Status | "ignored" | "unknown" | "unreadable" {
    const word = body.event_type;
    if (typeof word !== "string") return "unreadable";
    const isTerms = TERMS.includes(word);
    const state = isTerms ? "unknown" : STATES.get(word);
    if (state === undefined) return IGNORED.includes(word) ? "ignored" : "unknown";
    if (state === "closed" || state === "amended") {
      const result = resultOf(body);
      if (result === undefined) return "unreadable";
      this.values.set(ticker, result);
    }
    const result = isTerms ? "" : this.values.get(ticker) ?? "";
    if (state === "settled") this.values.delete(ticker);
    const status: Status = {
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
    if (isTerms) status.kind = "terms";
    addTerms(body, status);
    return status;
  }

  /** Tickers of markets that are determined, but not settled. */
  tickers(): IteratorObject<string> {
    return this.values.keys();
  }

  state(): [string, string][] {
    return [...this.values];
  }

  /** Restores the results. */
  restore(state: readonly [string, string][]): void {
    this.values = new Map(state);
  }
}

/** Adds the optional fields that the venue sent. */
function addTerms(body: KalshiBody, status: Status): void {
  const value = settlementOf(body);
  if (value !== undefined) status.settlementValue = value;
  const openAtUs = secondsOf(body.open_ts);
  if (openAtUs > 0) status.openAtUs = openAtUs;
  const closeAtUs = secondsOf(body.close_ts);
  if (closeAtUs > 0) status.closeAtUs = closeAtUs;
  const { price_level_structure: levels } = body;
  if (typeof levels === "string" && levels !== "") status.priceLevelStructure = levels;
}

/** Settlement value per contract, dollars; undefined when absent or unreadable. */
function settlementOf({ settlement_value: value }: KalshiBody): number | undefined {
  const text = typeof value === "number" ? String(value) : value;
  const steps = typeof text === "string" ? stepsOfText(text, PRICE_DECIMALS) : NaN;
  return steps >= 0 ? valueOf(steps, PRICE_DECIMALS) : undefined;
}

/** `yes`, `no`, "" or the fair price of a scalar market (`0.42`); undefined when unreadable. */
function resultOf(body: KalshiBody): string | undefined {
  const { result } = body;
  if (result === "scalar") {
    const value = settlementOf(body);
    return value === undefined ? undefined : String(value);
  }
  if (result === undefined || result === null) return "";
  return typeof result === "string" ? result : undefined;
}

function secondsOf(value: unknown): number {
  const seconds = figureOf(value) ?? 0;
  return seconds > 0 && seconds < 1e10 ? Math.round(seconds * 1e6) : 0;
}
