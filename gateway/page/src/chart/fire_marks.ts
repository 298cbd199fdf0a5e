import {
  createSeriesMarkers,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  type SeriesMarker,
  type UTCTimestamp,
} from "lightweight-charts";
import type { FireInfo, Signals } from "../net/signals.ts";
import type { MarketRow } from "../state/market_row.ts";
import { cssColor } from "../theme.ts";

const FIRES_MAX = 200;

/** Fires of one signal in one slot. */
interface Slot {
  /** Start of the slot, ms. */
  start: number;
  signal: string;
  count: number;
}

/** Marks of signal fires above their candles. */
export class FireMarks {
  #signals: Signals;
  #marks: ISeriesMarkersPluginApi<UTCTimestamp>;
  #fires: readonly FireInfo[] = [];
  #market = "";
  #slots: readonly Slot[] = [];

  constructor(bars: ISeriesApi<"Candlestick">, signals: Signals) {
    this.#signals = signals;
    this.#marks = createSeriesMarkers(bars, []) as ISeriesMarkersPluginApi<UTCTimestamp>;
  }

  /** Removes all marks, for another market. */
  clear(): void {
    this.#fires = this.#slots = [];
    this.#marks.setMarkers([]);
  }

  /** Loads the market's newest fires; returns true when they changed. */
  async read({ key, symbol, feed }: MarketRow): Promise<boolean> {
    this.#market = key;
    if (this.#signals.isThere === undefined) await this.#signals.read();
    if (this.#signals.isThere !== true) return false;
    const query = `&symbol=${encodeURIComponent(symbol)}&feed=${encodeURIComponent(feed)}`;
    const fires = await this.#signals.fires(query, FIRES_MAX);
    if (fires === undefined || this.#market !== key) return false;
    const isNew = fires.length !== this.#fires.length || fires[0]?.id !== this.#fires[0]?.id;
    this.#fires = fires;
    return isNew;
  }

  /** Draws the fires on slots of `intervalMs` from `firstMs` to `lastMs`. */
  draw(
    { firstMs, lastMs, intervalMs }: { firstMs: number; lastMs: number; intervalMs: number },
  ): void {
    const bySlot = new Map<string, Slot>();
    for (const { recv_ts, signal } of this.#fires) {
      const start = Math.floor(recv_ts / intervalMs) * intervalMs;
      if (start < firstMs || start > lastMs) continue;
      const mark = bySlot.get(`${start} ${signal}`) ?? { start, signal, count: 0 };
      mark.count++;
      bySlot.set(`${start} ${signal}`, mark);
    }
    const slots = [...bySlot.values()].sort((a, b) => a.start - b.start);
    const starts = [...new Set(slots.map(({ start }) => start))];
    this.#marks.setMarkers(starts.map((start): SeriesMarker<UTCTimestamp> => ({
      time: start / 1000 as UTCTimestamp,
      ...{ position: "aboveBar", shape: "circle", size: 0.5, color: cssColor("--accent") },
    })));
    this.#slots = slots;
  }

  /** Names of the signals with a mark; labels in the chart would cover candles. */
  names(): string[] {
    return [...new Set(this.#slots.map(({ signal }) => signal))];
  }

  /** Texts of the fires in the slot that starts at `startMs`. */
  at(startMs: number): string[] {
    return this.#slots.filter(({ start }) => start === startMs).map(textOf);
  }
}

function textOf({ signal, count }: Slot): string {
  return count === 1 ? signal : `${signal} ×${count}`;
}
