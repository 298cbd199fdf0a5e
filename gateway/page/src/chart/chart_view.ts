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
  LineSeries,
  type UTCTimestamp,
  type WhitespaceData,
} from "lightweight-charts";
import { byId, setText } from "../dom.ts";
import { price, size } from "../format.ts";
import type { Rest } from "../net/rest.ts";
import type { Signals } from "../net/signals.ts";
import type { Store } from "../state/store.ts";
import { cssColor } from "../theme.ts";
import { CandleSource } from "./candle_source.ts";
import type { Candle, Interval } from "./candles.ts";
import { FireMarks } from "./fire_marks.ts";
import { GapBands, nameOf } from "./gap_bands.ts";

const REFRESH_EVERY_MS = 5_000;
const RELOAD_EVERY_MS = 60_000;
const MIDS_MAX = 3600;
/** Slots left of the view below which earlier ones are fetched. */
const OLDER_WITHIN = 10;

type Bar = CandlestickData<UTCTimestamp> | WhitespaceData<UTCTimestamp>;

/** The price chart: candles, volumes, and where records are missing; a line where nothing trades. */
export class ChartView {
  #store: Store;
  #rest: Rest;
  #chart: IChartApi;
  #bars: ISeriesApi<"Candlestick">;
  #volume: ISeriesApi<"Histogram">;
  #line: ISeriesApi<"Line">;
  #bands = new GapBands();
  #fires: FireMarks;
  #interval: Interval = "1m";
  #source: CandleSource | undefined;
  #shownMarket = "";
  #shownTotal = 0;
  #refreshAtMs = 0;
  #reloadAtMs = 0;
  #busy = false;
  #mids: { time: UTCTimestamp; value: number }[] = [];
  #decimals = -1;
  /** Where the crosshair is; undefined = nowhere. */
  #pointedAt: UTCTimestamp | undefined;

  constructor(store: Store, rest: Rest, signals: Signals) {
    this.#store = store;
    this.#rest = rest;
    this.#chart = createChart(byId("chart"), { autoSize: true });
    this.#bars = this.#chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.#bars.attachPrimitive(this.#bands);
    this.#fires = new FireMarks(this.#bars, signals);
    this.#volume = this.#chart.addSeries(HistogramSeries, {
      priceScaleId: "volume",
      priceFormat: { type: "volume" },
      lastValueVisible: false,
      priceLineVisible: false,
    });
    this.#chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.84, bottom: 0 } });
    this.#line = this.#chart.addSeries(LineSeries, { lineWidth: 2, crosshairMarkerRadius: 3 });
    this.applyTheme();
    this.#chart.subscribeCrosshairMove(({ time }) => {
      this.#pointedAt = time as UTCTimestamp | undefined;
      this.#renderLegend();
    });
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range !== null && range.from < OLDER_WITHIN) void this.#loadOlder();
    });
  }

  /** The candle length. */
  get interval(): Interval {
    return this.#interval;
  }

  /** Sets the candle length. */
  setInterval(interval: Interval): void {
    if (interval === this.#interval) return;
    this.#interval = interval;
    this.open();
  }

  /** Shows the focused market from its beginning. */
  open(): void {
    const row = this.#store.current;
    this.#source = undefined;
    this.#shownMarket = row?.key ?? "";
    this.#mids = [];
    this.#line.setData([]);
    this.#fires.clear();
    this.#redraw();
    if (row === undefined) return;
    setText(byId("chart-empty"), "Loading candles");
    const source = new CandleSource(this.#rest, row, this.#interval);
    this.#source = source;
    const seconds = this.#interval.endsWith("s");
    this.#chart.timeScale().applyOptions({ secondsVisible: seconds });
    void this.reload().then(() => {
      if (this.#source === source) this.#chart.timeScale().resetTimeScale();
    });
  }

  /** Reloads all candles: missing ones may have arrived. */
  async reload(): Promise<void> {
    this.#reloadAtMs = Date.now() + RELOAD_EVERY_MS;
    await this.#read((source) => source.load());
  }

  /** Brings the chart in line with new trades and gaps. */
  render(): void {
    const { dirty, tape } = this.#store;
    if (this.#shownMarket !== this.#store.focused || this.#shownMarket === "") return;
    if (dirty.has("gaps")) this.#refreshAtMs = 0;
    this.#applyDecimals();
    const { candles } = this.#source ?? {};
    if (candles === undefined || tape.total === this.#shownTotal) return;
    const last = this.#bands.lastMs;
    const changed = new Set<Candle>();
    for (const print of tape.since(this.#shownTotal)) {
      const candle = candles.takePrint(print);
      if (candle !== undefined) changed.add(candle);
    }
    this.#shownTotal = tape.total;
    // A trade of a new interval brings the empty ones before it along.
    if ([...changed].some(({ start }) => start > last)) return this.#redraw();
    for (const candle of changed) this.#show(candle, candle.start < last);
    this.#renderLegend();
  }

  /** Called once a second, also without trades. */
  tick(): void {
    if (this.#shownMarket === "" || byId("chart").clientHeight === 0) return;
    const now = Date.now();
    this.#noteMid(now);
    if (now >= this.#reloadAtMs) return void this.reload();
    if (now >= this.#refreshAtMs) void this.#read((source) => source.refresh());
    else if (now >= this.#bands.lastMs + this.#bands.intervalMs) this.#redraw();
    else if (this.#bands.gaps.some(({ to }) => to === null)) this.#bands.update();
  }

  /** Applies the colours of the theme. */
  applyTheme(): void {
    const line = cssColor("--line");
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
        ...{ borderColor: line, timeVisible: true, rightOffset: 4, barSpacing: 7 },
        // An empty interval at the end becomes a candle with its first trade: the view goes on too.
        allowShiftVisibleRangeOnWhitespaceReplacement: true,
      },
    });
    const [up, down] = [cssColor("--up"), cssColor("--down")];
    this.#bars.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down });
    this.#line.applyOptions({ color: cssColor("--accent") });
    const colors = { band: "--gap-band", line: "--gap-line", text: "--warn" } as const;
    this.#bands.colors = {
      band: cssColor(colors.band),
      line: cssColor(colors.line),
      text: cssColor(colors.text),
    };
    this.#bands.font = `11px ${getComputedStyle(document.body).fontFamily}`;
    this.#redraw();
  }

  async #read(how: (source: CandleSource) => Promise<boolean>): Promise<void> {
    const source = this.#source;
    if (source === undefined || this.#busy) return;
    this.#busy = true;
    this.#refreshAtMs = Date.now() + REFRESH_EVERY_MS;
    const isRead = await how(source).finally(() => this.#busy = false);
    // Another market was chosen during the request: its candles are loaded next.
    if (source !== this.#source) return void this.reload();
    if (!isRead) return;
    this.#shownTotal = this.#store.tape.total;
    this.#redraw();
    const row = this.#store.current;
    if (row !== undefined && await this.#fires.read(row)) this.#drawFires();
  }

  async #loadOlder(): Promise<void> {
    const source = this.#source;
    if (source === undefined || this.#busy || source.candles.list.length === 0) return;
    this.#busy = true;
    const isMore = await source.loadOlder().finally(() => this.#busy = false);
    if (isMore && source === this.#source) this.#redraw();
  }

  #redraw(): void {
    const candles = this.#source?.candles;
    const slots = candles?.slots(Date.now()) ?? [];
    this.#bars.setData(slots.map(({ start, candle }) => barOf(start, candle)));
    this.#volume.setData(slots.map(({ start, candle }) => volumeOf(start, candle)));
    this.#bands.gaps = candles?.gaps ?? [];
    this.#bands.firstMs = slots[0]?.start ?? 0;
    this.#bands.slots = slots.length;
    this.#bands.intervalMs = candles?.intervalMs ?? 1000;
    this.#bands.update();
    this.#drawFires();
    if (slots.length > 0 && this.#mids.length > 0) this.#line.setData(this.#mids = []);
    const empty = byId("chart-empty");
    empty.hidden = slots.length > 0 || this.#mids.length > 0;
    if (candles !== undefined) setText(empty, "No trade in this time");
    this.#renderLegend();
  }

  #drawFires(): void {
    const { firstMs, lastMs, intervalMs } = this.#bands;
    this.#fires.draw({ firstMs, lastMs, intervalMs });
  }

  #show(candle: Candle, isEarlier: boolean): void {
    this.#bars.update(barOf(candle.start, candle), isEarlier);
    this.#volume.update(volumeOf(candle.start, candle), isEarlier);
  }

  /** Where nothing traded, the middle of the book is the only price there is. */
  #noteMid(nowMs: number): void {
    const row = this.#store.current;
    const isEmpty = this.#source?.candles.list.length === 0;
    if (!isEmpty || row === undefined || row.bid === null || row.ask === null) return;
    const time = Math.floor(nowMs / 1000) as UTCTimestamp;
    if (time <= (this.#mids.at(-1)?.time ?? 0)) return;
    this.#mids.push({ time, value: (row.bid + row.ask) / 2 });
    if (this.#mids.length > MIDS_MAX) this.#mids.shift();
    this.#line.setData(this.#mids);
    byId("chart-empty").hidden = true;
    setText(byId("legend"), "No trade in this time: the line is the middle of bid and ask");
  }

  /** The candle that is pointed at, whatever comes meanwhile; else the newest. */
  #renderLegend(): void {
    const time = this.#pointedAt;
    const list = this.#source?.candles.list ?? [];
    const candle = time === undefined
      ? list.at(-1)
      : list.find(({ start }) => start === time * 1000);
    const gap = time === undefined ? undefined : this.#bands.at(time * 1000);
    const decimals = this.#store.current?.decimals ?? 2;
    const parts = candle === undefined ? [] : [
      `O ${price(candle.open, decimals)}  H ${price(candle.high, decimals)}`,
      `L ${price(candle.low, decimals)}  C ${price(candle.close, decimals)}`,
      `V ${size(candle.volume)}`,
      ...(candle.gap ? ["incomplete"] : []),
    ];
    if (gap !== undefined) parts.push(nameOf(gap.reason));
    if (time !== undefined) parts.push(...this.#fires.at(time * 1000));
    if (parts.length > 0 || this.#mids.length === 0) setText(byId("legend"), parts.join("  "));
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
    this.#bars.applyOptions({ priceFormat });
    this.#line.applyOptions({ priceFormat });
  }
}

function barOf(start: number, candle: Candle | undefined): Bar {
  const time = start / 1000 as UTCTimestamp;
  if (candle === undefined) return { time };
  const { open, high, low, close } = candle;
  const bar = { time, open, high, low, close };
  if (!candle.gap) return bar;
  // Records may be missing in it: it must not look like the others.
  const color = cssColor("--warn");
  return { ...bar, color, wickColor: color };
}

function volumeOf(
  start: number,
  candle: Candle | undefined,
): HistogramData<UTCTimestamp> | WhitespaceData<UTCTimestamp> {
  const time = start / 1000 as UTCTimestamp;
  if (candle === undefined) return { time };
  const color = cssColor(candle.close >= candle.open ? "--up-volume" : "--down-volume");
  return { time, value: candle.volume, color };
}
