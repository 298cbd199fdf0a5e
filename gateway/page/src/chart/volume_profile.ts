/// <reference lib="dom" />
import type {
  IChartApi,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesApi,
  ISeriesPrimitive,
  Time,
} from "lightweight-charts";
import { type Candle, profileOf } from "./candles.ts";

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];

/** Bar height, CSS pixels; below, width of the longest bar as a share of the chart. */
const BAR_PX = 9;
const WIDTH_SHARE = 0.22;

/** Volume profile of the visible candles, as bars from the left; the longest is highlighted. */
export class VolumeProfile implements ISeriesPrimitive<Time> {
  colors = { bar: "", most: "" };
  #chart: IChartApi;
  #bars: ISeriesApi<"Candlestick">;
  #candles: readonly Candle[] = [];
  #view: IPrimitivePaneView = {
    zOrder: () => "bottom",
    renderer: () => ({ draw: (target) => this.#draw(target) }),
  };

  constructor(chart: IChartApi, bars: ISeriesApi<"Candlestick">) {
    this.#chart = chart;
    this.#bars = bars;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return [this.#view];
  }

  /** Sets the candles; empty = no bars. */
  set(candles: readonly Candle[]): void {
    this.#candles = candles;
  }

  #seen(): Candle[] {
    const seen = this.#chart.timeScale().getVisibleRange();
    if (seen === null) return [];
    const [fromMs, toMs] = [Number(seen.from) * 1000, Number(seen.to) * 1000];
    return this.#candles.filter(({ start }) => start >= fromMs && start <= toMs);
  }

  #draw(target: Target): void {
    if (this.#candles.length === 0) return;
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      const bins = profileOf(this.#seen(), Math.max(8, Math.floor(mediaSize.height / BAR_PX / 2)));
      const most = Math.max(...bins.map(({ volume }) => volume));
      for (const { low, high, volume } of bins) {
        const [top, bottom] = [high, low].map((price) => this.#bars.priceToCoordinate(price));
        if (top == null || bottom == null) continue;
        context.fillStyle = volume === most ? this.colors.most : this.colors.bar;
        const width = volume / most * mediaSize.width * WIDTH_SHARE;
        context.fillRect(0, top + 0.5, width, Math.max(1, bottom - top - 1));
      }
    });
  }
}
