import {
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  type LineSeriesPartialOptions,
  type UTCTimestamp,
} from "lightweight-charts";

const POINTS_MAX = 3600;

/** Mid price per second, for a market without trades. */
export class MidLine {
  #line: ISeriesApi<"Line">;
  #points: { time: UTCTimestamp; value: number }[] = [];

  constructor(chart: IChartApi) {
    this.#line = chart.addSeries(LineSeries, { lineWidth: 2, crosshairMarkerRadius: 3 });
  }

  /** Number of points. */
  get length(): number {
    return this.#points.length;
  }

  /** Sets colour or price format. */
  applyOptions(options: LineSeriesPartialOptions): void {
    this.#line.applyOptions(options);
  }

  /** Removes all points. */
  clear(): void {
    if (this.#points.length > 0) this.#line.setData(this.#points = []);
  }

  /** Adds the current mid price; returns false when there is none or this second has one. */
  note({ bid, ask }: { bid: number | null; ask: number | null }, nowMs: number): boolean {
    const time = Math.floor(nowMs / 1000) as UTCTimestamp;
    if (bid === null || ask === null || time <= (this.#points.at(-1)?.time ?? 0)) return false;
    this.#points.push({ time, value: (bid + ask) / 2 });
    if (this.#points.length > POINTS_MAX) this.#points.shift();
    this.#line.setData(this.#points);
    return true;
  }
}
