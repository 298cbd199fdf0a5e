/// <reference lib="dom" />
import {
  type IChartApi,
  type ISeriesApi,
  LineSeries,
  PriceScaleMode,
  type UTCTimestamp,
} from "lightweight-charts";
import { byId, setAttribute } from "../dom.ts";
import { type Overlay, OVERLAYS } from "../routes.ts";
import { cssColor } from "../theme.ts";
import { type Candle, vwapOf } from "./candles.ts";
import { VolumeProfile } from "./volume_profile.ts";

/** Chart overlays: VWAP, volume profile, logarithmic scale. */
export class Overlays {
  /** Called when the user changed the selection. */
  onChosen: (over: Overlay[]) => void = () => {};
  #chart: IChartApi;
  #vwap: ISeriesApi<"Line">;
  #profile: VolumeProfile;
  #isOn: ReadonlySet<Overlay> = new Set();

  constructor(chart: IChartApi, bars: ISeriesApi<"Candlestick">) {
    this.#chart = chart;
    this.#profile = new VolumeProfile(chart, bars);
    bars.attachPrimitive(this.#profile);
    this.#vwap = chart.addSeries(LineSeries, {
      ...{ lineWidth: 1, priceLineVisible: false, lastValueVisible: false },
      crosshairMarkerVisible: false,
    });
    for (const name of OVERLAYS) {
      byId(name).onclick = () =>
        this.onChosen(OVERLAYS.filter((each) => this.#isOn.has(each) !== (each === name)));
    }
  }

  /** Sets the overlays; prices are in percent when markets are compared. */
  set(over: readonly Overlay[], isPercent: boolean): void {
    this.#isOn = new Set(over);
    for (const name of OVERLAYS) {
      setAttribute(byId(name), "aria-pressed", String(this.#isOn.has(name)));
    }
    byId<HTMLButtonElement>("log").disabled = isPercent;
    const { Logarithmic, Normal, Percentage } = PriceScaleMode;
    const mode = isPercent ? Percentage : this.#isOn.has("log") ? Logarithmic : Normal;
    this.#chart.priceScale("right").applyOptions({ mode });
  }

  /** Applies the theme's colours. */
  applyTheme(): void {
    this.#vwap.applyOptions({ color: cssColor("--vwap") });
    this.#profile.colors = { bar: cssColor("--profile"), most: cssColor("--profile-most") };
  }

  /** Draws the overlays for these candles. */
  draw(candles: readonly Candle[]): void {
    const points = this.#isOn.has("vwap") ? vwapOf(candles) : [];
    this.#vwap.setData(
      points.map(({ startMs, value }) => ({ time: startMs / 1000 as UTCTimestamp, value })),
    );
    this.#profile.set(this.#isOn.has("profile") ? candles : []);
  }
}
