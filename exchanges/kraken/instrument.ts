import { lostGap, type MarketState, type Status } from "@ssmd/market";
import type { Normalized } from "../adapter.ts";
import { countOf } from "../json_fields.ts";
import { markUnreadable } from "../unreadable.ts";
import { type KrakenPair, objectOf } from "./messages.ts";
import type { Precision } from "../tracked_book.ts";
import type { Symbols } from "../symbols.ts";

/** States by a pair's status, in records and the catalogue: open = all kinds of orders are taken. */
export const PAIR_STATES: ReadonlyMap<string, "open" | "halted" | "delisted"> = new Map([
  ["online", "open"],
  ["cancel_only", "halted"],
  ["limit_only", "halted"],
  ["maintenance", "halted"],
  ["post_only", "halted"],
  ["reduce_only", "halted"],
  ["work_in_progress", "halted"],
  ["delisted", "delisted"],
]);

/** State of a pair, as plain JSON. */
export interface PairState extends Precision {
  external: string;
  /** The venue's status; "" = the pair is not listed. */
  status: string;
  /** Time when it was last listed, µs; absent in older states. */
  atUs?: number;
}

/** Instrument channel: precisions and status of pairs. */
export class Instruments {
  #feed: string;
  #symbols: Symbols;
  #pairs = new Map<string, PairState>();

  constructor(feed: string, symbols: Symbols) {
    this.#feed = feed;
    this.#symbols = symbols;
  }

  /** Handles a frame of the instrument channel. */
  frame(data: unknown, isSnapshot: boolean, atUs: number, out: Normalized): void {
    const pairs = objectOf<{ pairs?: unknown }>(data)?.pairs;
    if (!Array.isArray(pairs)) {
      markUnreadable(out, { reason: "An instrument frame lacks its pairs.", channel: "status" });
      return;
    }
    out.notice = { type: "ignored", what: "instrument" };
    out.news = pairs;
    const listed = new Set<unknown>();
    for (const value of pairs) {
      const pair = pairOf(value);
      listed.add(objectOf<KrakenPair>(value)?.symbol);
      if (pair === undefined) {
        const reason = "A pair lacks a field or has a wrong type.";
        const external = objectOf<KrakenPair>(value)?.symbol;
        // Most pairs are not ordered; of those nothing is missing.
        if (typeof external === "string" && this.#symbols.spec(external) === undefined) continue;
        markUnreadable(out, {
          ...{ reason, channel: "status" },
          ...(typeof external === "string" ? { symbol: this.#symbols.ours(external) } : {}),
        });
      } else if (this.#symbols.empty || this.#symbols.spec(pair.external) !== undefined) {
        this.#pair(pair, atUs, out);
      }
    }
    if (isSnapshot) this.#unlisted(listed, atUs, out);
  }

  /** Emits a gap for pairs that a snapshot, which lists all pairs, leaves out. */
  #unlisted(listed: ReadonlySet<unknown>, atUs: number, out: Normalized): void {
    for (const pair of this.#pairs.values()) {
      if (pair.status === "" || this.#symbols.empty || listed.has(pair.external)) continue;
      pair.status = "";
      out.events.push(lostGap({
        ...{ feed: this.#feed, symbol: this.#symbols.ours(pair.external), channel: "status" },
        ...{ reason: "subscription", fromUs: pair.atUs ?? atUs, atUs, missed: null },
        detail: `The venue does not list ${pair.external} any more.`,
      }));
    }
  }

  #pair(pair: PairState, atUs: number, out: Normalized): void {
    const before = this.#pairs.get(pair.external);
    this.#pairs.set(pair.external, { ...pair, atUs });
    // Without orders none of the venue's over thousand pairs gives records.
    if (before?.status === pair.status || this.#symbols.empty) return;
    const state = PAIR_STATES.get(pair.status) ?? "unknown";
    const event = statusOf(
      ...[this.#feed, this.#symbols.ours(pair.external), state, pair.status, atUs] as const,
    );
    if (pair.status === "maintenance") event.kind = "maintenance";
    out.events.push(event);
  }

  /** Decimals of a pair's prices and sizes; undefined when not yet received. */
  precision(external: string): Precision | undefined {
    return this.#pairs.get(external);
  }

  state(): PairState[] {
    return [...this.#pairs.values()];
  }

  /** Restores the pairs. */
  restore(state: readonly PairState[]): void {
    this.#pairs = new Map(state.map((pair) => [pair.external, pair]));
  }
}

/** Creates a status record without a venue time. */
export function statusOf(
  feed: string,
  symbol: string,
  state: MarketState,
  detail: string,
  receivedAtUs: number,
): Status {
  return {
    type: "status",
    timestampUs: 0,
    receivedAtUs,
    symbol,
    feed,
    sequence: 0,
    state,
    result: "",
    detail,
  };
}

function pairOf(value: unknown): PairState | undefined {
  const pair = objectOf<KrakenPair>(value);
  if (typeof pair?.symbol !== "string" || typeof pair.status !== "string") return undefined;
  const price = countOf(pair.price_precision);
  const size = countOf(pair.qty_precision);
  if (!isDigits(price) || !isDigits(size)) return undefined;
  return { external: pair.symbol, status: pair.status, price, size };
}

function isDigits(value: number | undefined): value is number {
  return value !== undefined && value <= 22;
}
