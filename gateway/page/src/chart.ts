import {
  type CandlestickData,
  CandlestickSeries,
  ColorType,
  createChart,
  CrosshairMode,
  type HistogramData,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type LineData,
  LineSeries,
  type UTCTimestamp,
} from "lightweight-charts";
import { byId, setText } from "./dom.ts";
import { price, size } from "./format.ts";
import type { Store } from "./store.ts";

/** Candle lengths in seconds and their names. */
export const INTERVALS = [
  { seconds: 1, name: "1s" },
  { seconds: 5, name: "5s" },
  { seconds: 60, name: "1m" },
] as const;

const CANDLES_MAX = 2000;
const MIDS_MAX = 3600;

interface Candle {
  time: UTCTimestamp;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: number;
}

/** The price chart: candles from trades, or a line of the mid where nothing trades. */
export class ChartView {
  #store: Store;
  #chart: IChartApi;
  #candles: ISeriesApi<"Candlestick">;
  #volume: ISeriesApi<"Histogram">;
  #line: ISeriesApi<"Line">;
  #empty: HTMLElement;
  #seconds: number = 1;
  #shown = { symbol: "", count: 0, first: 0, seconds: 0 };
  #last: Candle | undefined;
  #mids: { time: UTCTimestamp; value: number }[] = [];
  #decimals = -1;

  constructor(store: Store) {
    this.#store = store;
    const box = byId("chart");
    this.#chart = createChart(box, { autoSize: true });
    this.#candles = this.#chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.#volume = this.#chart.addSeries(HistogramSeries, {
      priceScaleId: "volume",
      priceFormat: { type: "volume" },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.#chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    this.#line = this.#chart.addSeries(LineSeries, { lineWidth: 2, crosshairMarkerRadius: 3 });
    this.#empty = document.createElement("div");
    this.#empty.className = "empty";
    box.append(this.#empty);
    this.#applyTheme();
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => {
      this.#applyTheme();
      this.#reset();
    });
    this.#chart.subscribeCrosshairMove((move) => {
      const candle = move.seriesData.get(this.#candles) as Candle | undefined;
      this.#renderLegend(candle ?? this.#last);
    });
  }

  /** Seconds a candle. */
  get seconds(): number {
    return this.#seconds;
  }

  /** Sets the candle length. */
  setSeconds(seconds: number): void {
    this.#seconds = seconds;
    this.#store.dirty.add("chart");
  }

  /** Brings the chart in line with the trades. */
  render(): void {
    const { dirty, trades, selected, tradesTotal } = this.#store;
    if (!dirty.has("chart")) return;
    this.#applyDecimals();
    const shown = this.#shown;
    const first = trades[0]?.ms ?? 0;
    const fresh = tradesTotal - shown.count;
    const same = shown.symbol === selected && shown.seconds === this.#seconds &&
      (shown.first === first || fresh > 0 && this.#last !== undefined && shown.first <= first);
    if (same && fresh <= trades.length) {
      for (const print of trades.slice(trades.length - fresh)) this.#addPrint(print);
      this.#shown = { ...shown, count: tradesTotal, first };
    } else this.#reset();
    this.#renderLegend(this.#last);
  }

  /** Notes the mid of the book; called once a second. */
  tick(): void {
    const row = this.#store.current;
    if (this.#store.trades.length > 0 || row === undefined) return;
    if (row.bid === null || row.ask === null) return;
    const point = {
      time: Math.floor(Date.now() / 1000) as UTCTimestamp,
      value: (row.bid + row.ask) / 2,
    };
    if (point.time <= (this.#mids.at(-1)?.time ?? 0)) return;
    this.#mids.push(point);
    if (this.#mids.length > MIDS_MAX) this.#mids.shift();
    this.#applyDecimals();
    this.#line.update(point as LineData<UTCTimestamp>);
    this.#empty.hidden = true;
  }

  #reset(): void {
    const { trades, selected, tradesTotal } = this.#store;
    const isOther = this.#shown.symbol !== selected;
    this.#shown = {
      symbol: selected,
      count: tradesTotal,
      first: trades[0]?.ms ?? 0,
      seconds: this.#seconds,
    };
    this.#last = undefined;
    if (isOther || trades.length > 0) this.#mids = [];
    const candles: Candle[] = [];
    for (const print of trades) {
      const candle = this.#candleOf(print.ms, print.price, print.size);
      if (candle !== candles.at(-1)) candles.push(candle);
    }
    const kept = candles.slice(-CANDLES_MAX);
    this.#candles.setData(kept as CandlestickData<UTCTimestamp>[]);
    this.#volume.setData(kept.map((candle) => this.#bar(candle)));
    this.#line.setData(this.#mids);
    this.#empty.hidden = trades.length > 0 || this.#mids.length > 0;
    setText(this.#empty, selected === "" ? "" : "No trade seen yet");
    if (isOther) this.#chart.timeScale().resetTimeScale();
  }

  #addPrint(print: { ms: number; price: number; size: number }): void {
    if (this.#mids.length > 0) {
      this.#mids = [];
      this.#line.setData([]);
    }
    this.#empty.hidden = true;
    const candle = this.#candleOf(print.ms, print.price, print.size);
    this.#candles.update({ ...candle } as CandlestickData<UTCTimestamp>);
    this.#volume.update(this.#bar(candle));
  }

  /** The candle that a trade belongs to, with the trade in it; a late one goes into the last. */
  #candleOf(ms: number, value: number, volume: number): Candle {
    const time = Math.floor(ms / 1000 / this.#seconds) * this.#seconds as UTCTimestamp;
    const last = this.#last;
    if (last !== undefined && time <= last.time) {
      last.high = Math.max(last.high, value);
      last.low = Math.min(last.low, value);
      last.close = value;
      last.volume += volume;
      return last;
    }
    const open = last?.close ?? value;
    return this.#last = {
      time,
      open,
      high: Math.max(open, value),
      low: Math.min(open, value),
      close: value,
      volume,
    };
  }

  #bar(candle: Candle): HistogramData<UTCTimestamp> {
    const color = cssColor(candle.close >= candle.open ? "--up-bar" : "--down-bar");
    return { time: candle.time, value: candle.volume, color };
  }

  #renderLegend(candle: Candle | undefined): void {
    if (candle === undefined) return setText(byId("legend"), "");
    const decimals = this.#store.current?.decimals ?? 2;
    const [open, high, low, close] = [candle.open, candle.high, candle.low, candle.close]
      .map((value) => price(value, decimals));
    const volume = candle.volume === undefined ? "" : `  V ${size(candle.volume)}`;
    setText(byId("legend"), `O ${open}  H ${high}  L ${low}  C ${close}${volume}`);
  }

  #applyDecimals(): void {
    const decimals = this.#store.current?.decimals ?? 2;
    if (decimals === this.#decimals) return;
    this.#decimals = decimals;
    const priceFormat = {
      type: "custom",
      minMove: 10 ** -decimals,
      formatter: (value: number) => price(value, decimals),
    } as const;
    this.#candles.applyOptions({ priceFormat });
    this.#line.applyOptions({ priceFormat });
  }

  #applyTheme(): void {
    const [up, down, line] = [cssColor("--up"), cssColor("--down"), cssColor("--line")];
    this.#chart.applyOptions({
      layout: {
        background: { type: ColorType.Solid, color: cssColor("--panel") },
        textColor: cssColor("--dim"),
        fontFamily: getComputedStyle(document.body).fontFamily,
        fontSize: 11,
        attributionLogo: false,
      },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      crosshair: { mode: CrosshairMode.Normal },
      rightPriceScale: { borderColor: line },
      timeScale: {
        borderColor: line,
        timeVisible: true,
        secondsVisible: true,
        rightOffset: 4,
        barSpacing: 7,
      },
    });
    this.#candles.applyOptions({
      upColor: up,
      downColor: down,
      wickUpColor: up,
      wickDownColor: down,
    });
    this.#line.applyOptions({ color: cssColor("--accent") });
  }
}

function cssColor(name: string): string {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const parts = /^rgb\((\d+) (\d+) (\d+) \/ ([\d.]+)\)$/.exec(value);
  if (parts === null) return value;
  // The chart library knows the older way of writing it only; bars want to be seen a bit better.
  return `rgba(${parts[1]}, ${parts[2]}, ${parts[3]}, ${Math.min(1, Number(parts[4]) * 2.5)})`;
}
