import { type IChartApi, type ISeriesApi, LineSeries, type UTCTimestamp } from "lightweight-charts";
import type { Rest } from "../net/rest.ts";
import type { MarketRow } from "../state/market_row.ts";
import { cssColor } from "../theme.ts";
import { CandleSource } from "./candle_source.ts";
import type { Interval } from "./intervals.ts";

/** Close prices of a second market, for comparison in percent. */
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

  /** Switches to another market; undefined = none. */
  open(row: MarketRow | undefined, interval: Interval): void {
    this.#source = row === undefined ? undefined : new CandleSource(this.#rest, row, interval);
    this.#line.applyOptions({ title: row?.symbol ?? "" });
    this.#line.setData([]);
  }

  /** Loads its newest candles. */
  async read(): Promise<void> {
    await this.#source?.refresh();
  }

  /** Loads candles before its first one. */
  async readOlder(): Promise<void> {
    await this.#source?.loadOlder();
  }

  /** Applies the theme's colours. */
  applyTheme(): void {
    this.#line.applyOptions({ color: cssColor("--compare") });
  }

  /** Draws only candles within the chart's slots, since other times would add slots. */
  draw(firstMs: number, lastMs: number): void {
    const list = this.#source?.candles.list ?? [];
    const seen = list.filter(({ start }) => start >= firstMs && start <= lastMs);
    this.#line.setData(
      seen.map(({ start, close }) => ({ time: start / 1000 as UTCTimestamp, value: close })),
    );
  }
}
