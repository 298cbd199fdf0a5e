/// <reference lib="dom" />
import { gatewayNowMs } from "../clock.ts";
import type { MarketRow } from "../state/market_row.ts";
import type { Store } from "../state/store.ts";
import type { Rest } from "./rest.ts";

const MINUTES = 60;
const OLD_AFTER_MS = 60_000;
const AT_ONCE_MAX = 3;
/** Delay before loading, so that rows scrolled past quickly are skipped, ms. */
const SETTLE_MS = 120;

interface SparkCandle {
  start: number;
  open: number;
  close: number;
  trades: number;
  gap: boolean;
}

/** Loads the last hour of the visible markets, a few at a time. */
export class Sparklines {
  #store: Store;
  #rest: Rest;
  #wanted: MarketRow[] = [];
  #running = 0;
  #waits = false;

  constructor(store: Store, rest: Rest) {
    this.#store = store;
    this.#rest = rest;
  }

  /** Sets the visible rows. */
  want(rows: MarketRow[]): void {
    const now = gatewayNowMs();
    this.#wanted = rows.filter((row) => now - row.sparkAtMs > OLD_AFTER_MS);
    if (this.#wanted.length === 0 || this.#waits) return;
    this.#waits = true;
    setTimeout(() => {
      this.#waits = false;
      this.#next();
    }, SETTLE_MS);
  }

  #next(): void {
    while (this.#running < AT_ONCE_MAX) {
      const row = this.#wanted.shift();
      if (row === undefined) return;
      this.#running++;
      void this.#fetch(row).finally(() => {
        this.#running--;
        this.#next();
      });
    }
  }

  async #fetch(row: MarketRow): Promise<void> {
    row.sparkAtMs = gatewayNowMs();
    const path = `/v1/markets/${encodeURIComponent(row.symbol)}/candles`;
    const feed = encodeURIComponent(row.feed);
    const query = `interval=1m&limit=${MINUTES}&fill=previous&feed=${feed}`;
    const answer = await this.#rest.get(`${path}?${query}`);
    if (!answer.ok) return;
    const candles = answer.body["candles"] as SparkCandle[];
    // The line is interrupted where data is missing.
    row.spark = candles.map(({ close, gap, trades }) => gap && trades === 0 ? null : close);
    const first = candles[0]?.open;
    // Start at the opening price, so that a single minute already gives a line.
    if (first !== undefined) row.spark.unshift(first);
    row.reference = first ?? row.last;
    row.referenceMs = candles[0]?.start ?? row.sparkAtMs;
    this.#store.dirtyRows.add(row.key);
    this.#store.dirty.add("rows").add("title");
  }
}
