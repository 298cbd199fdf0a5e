import { type IChartApi, type ISeriesApi, LineSeries, type UTCTimestamp } from "lightweight-charts";
import type { Rest } from "../net/rest.ts";
import type { MarketRow } from "../state/market_row.ts";
import { cssColor } from "../theme.ts";
import { CandleSource } from "./candle_source.ts";
import type { Interval } from "./intervals.ts";

/** Closes of a second market, to be compared in percent. */
export class CompareLine {
  #rest: Rest;
  #line: ISeriesApi<"Line">;
  #source: CandleSource | undefined;

  constructor(chart: IChartApi, rest: Rest) {
    this.#rest = rest;
    this.#line = chart.addSeries(LineSeries, {
      ...{ lineWidth: 2, priceLineVisible: false, crosshairMarkerRadius: 3 },
    });
  }

  /** Shows another market; undefined = none. */
  open(row: MarketRow | undefined, interval: Interval): void {
    this.#source = row === undefined ? undefined : new CandleSource(this.#rest, row, interval);
    this.#line.applyOptions({ title: row?.symbol ?? "" });
    this.#line.setData([]);
  }

  /** Reads its newest candles. */
  async read(): Promise<void> {
    await this.#source?.refresh();
  }

  /** Reads candles from before its first ones. */
  async readOlder(): Promise<void> {
    await this.#source?.loadOlder();
  }

  /** Colours of the theme. */
  applyTheme(): void {
    this.#line.applyOptions({ color: cssColor("--compare") });
  }

  /** Draws what lies within the slots of the chart: no other times may come into it. */
  draw(firstMs: number, lastMs: number): void {
    const list = this.#source?.candles.list ?? [];
    const seen = list.filter(({ start }) => start >= firstMs && start <= lastMs);
    this.#line.setData(
      seen.map(({ start, close }) => ({ time: start / 1000 as UTCTimestamp, value: close })),
    );
  }
}
