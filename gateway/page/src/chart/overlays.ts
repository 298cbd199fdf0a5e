/// <reference lib="dom" />
import {
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  PriceScaleMode,
  type UTCTimestamp,
} from "lightweight-charts";
import { byId, setAttribute } from "../dom.ts";
import { remember, remembered } from "../remembered.ts";
import { cssColor } from "../theme.ts";
import { type Candle, vwapOf } from "./candles.ts";

/** What may be laid over the chart: the mean price by volume since its first candle, a log scale. */
export class Overlays {
  #chart: IChartApi;
  #vwap: ISeriesApi<"Line">;
  #isOn = new Set((remembered("overlays") ?? "").split(" "));
  #onChange: () => void;

  constructor(chart: IChartApi, onChange: () => void) {
    this.#chart = chart;
    this.#onChange = onChange;
    this.#vwap = chart.addSeries(LineSeries, {
      ...{ lineWidth: 1, priceLineVisible: false, lastValueVisible: false },
      crosshairMarkerVisible: false,
    });
    for (const name of ["vwap", "log"]) {
      const button = byId(name);
      button.onclick = () => {
        if (!this.#isOn.delete(name)) this.#isOn.add(name);
        remember("overlays", [...this.#isOn].join(" ").trim());
        this.#apply();
        this.#onChange();
      };
    }
    this.#apply();
  }

  /** Colours of the theme. */
  applyTheme(): void {
    this.#vwap.applyOptions({ color: cssColor("--accent") });
  }

  /** Draws over these candles. */
  draw(candles: readonly Candle[]): void {
    const points = this.#isOn.has("vwap") ? vwapOf(candles) : [];
    this.#vwap.setData(
      points.map(({ startMs, value }) => ({ time: startMs / 1000 as UTCTimestamp, value })),
    );
  }

  #apply(): void {
    for (const name of ["vwap", "log"]) {
      setAttribute(byId(name), "aria-pressed", String(this.#isOn.has(name)));
    }
    const mode = this.#isOn.has("log") ? PriceScaleMode.Logarithmic : PriceScaleMode.Normal;
    this.#chart.priceScale("right").applyOptions({ mode });
  }
}
