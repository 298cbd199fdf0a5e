import { gatewayNowMs } from "../clock.ts";
import {
  CandlestickSeries,
  ColorType,
  createChart,
  CrosshairMode,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type UTCTimestamp,
} from "lightweight-charts";
import { byId, setText } from "../dom.ts";
import { dayTime, percentText } from "../format.ts";
import type { Rest } from "../net/rest.ts";
import type { Signals } from "../net/signals.ts";
import type { ChartRange } from "../routes.ts";
import { priceText } from "../state/market_figures.ts";
import { emptyRow, type MarketRow } from "../state/market_row.ts";
import type { Store } from "../state/store.ts";
import { cssColor } from "../theme.ts";
import { CandleSource, youngSince } from "./candle_source.ts";
import type { Candle } from "./candles.ts";
import { ChartSpan, SPACING_PX } from "./chart_span.ts";
import { CompareLine } from "./compare_line.ts";
import { FireMarks } from "./fire_marks.ts";
import { GapBands, nameOf } from "./gap_bands.ts";
import { type Interval, intervalFor } from "./intervals.ts";
import { MidLine } from "./mid_line.ts";
import { Overlays } from "./overlays.ts";
import { barOf, candleWords, volumeOf } from "./series_data.ts";

const REFRESH_EVERY_MS = 5_000;
const RELOAD_EVERY_MS = 60_000;
/** Load earlier candles when fewer slots than this remain on the left. */
const OLDER_WITHIN = 10;
/** Maximum number of parts loaded for a past range. */
const OLDER_PARTS_MAX = 8;

/** Price chart: candles, volume and gaps; a mid-price line when nothing trades. */
export class ChartView {
  #store: Store;
  #rest: Rest;
  #chart: IChartApi;
  #bars: ISeriesApi<"Candlestick">;
  #volume: ISeriesApi<"Histogram">;
  #mids: MidLine;
  #bands = new GapBands();
  #fires: FireMarks;
  readonly overlays: Overlays;
  #compare: CompareLine;
  /** Requested range, and the interval shown. */
  #range: ChartRange = {};
  #interval: Interval = "1m";
  readonly span: ChartSpan;
  /** Called when the shown interval changed. */
  onInterval: () => void = () => {};
  #source: CandleSource | undefined;
  #shownMarket = "";
  #shownTotal = 0;
  #refreshAtMs = 0;
  #reloadAtMs = 0;
  #busy = false;
  #unit = "";
  /** Time under the crosshair; undefined = none. */
  #pointedAt: UTCTimestamp | undefined;

  constructor(store: Store, rest: Rest, signals: Signals) {
    this.#store = store;
    this.#rest = rest;
    this.#chart = createChart(byId("chart"), {
      autoSize: true,
      localization: { percentageFormatter: percentText },
      timeScale: { timeVisible: true, rightOffset: 2, barSpacing: SPACING_PX },
    });
    this.span = new ChartSpan(this.#chart, byId("chart"));
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
    this.#mids = new MidLine(this.#chart);
    this.overlays = new Overlays(this.#chart, this.#bars);
    this.#compare = new CompareLine(this.#chart, rest);
    this.applyTheme();
    this.#chart.subscribeCrosshairMove(({ time }) => {
      this.#pointAt(time as UTCTimestamp | undefined);
    });
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range !== null && range.from < OLDER_WITHIN) void this.#loadOlder();
    });
  }

  /** Shown candle interval. */
  get interval(): Interval {
    return this.#interval;
  }

  /** Shows the focused market from scratch, with this range or one that suits its history. */
  open(range: ChartRange): void {
    const row = this.#store.current;
    this.#source = undefined;
    this.#shownMarket = row?.key ?? "";
    this.#mids.clear();
    this.#fires.clear();
    this.#range = range;
    this.span.open(range);
    setText(byId("since"), "");
    this.#redraw();
    if (row === undefined) return;
    setText(byId("chart-empty"), "Loading candles");
    void this.#begin(row);
  }

  /** Sets the overlays and the compared market. */
  lay({ over = [], versus }: ChartRange): void {
    const other = versus === undefined ? undefined : this.#store.find(versus);
    const isCompared = other !== undefined && other !== this.#store.current;
    this.overlays.set(over, isCompared);
    this.#compare.open(isCompared ? other : undefined, this.#interval);
    this.#redraw();
    if (isCompared) void this.#compare.read().then(() => this.#redraw());
  }

  async #begin(row: MarketRow): Promise<void> {
    const range = this.#range;
    const young = await youngSince(this.#rest, row);
    if (row.key !== this.#shownMarket || range !== this.#range) return;
    this.#interval = range.interval ?? intervalFor(gatewayNowMs() - (young?.ms ?? 0));
    this.onInterval();
    this.lay(range);
    this.span.sinceMs = young?.ms;
    const since = `recording ${young?.isAgain ? "again " : ""}since`;
    setText(byId("since"), young === undefined ? "" : `${since} ${dayTime(young.ms)}`);
    const seconds = this.#interval.endsWith("s");
    this.#chart.timeScale().applyOptions({ secondsVisible: seconds });
    const source = new CandleSource(this.#rest, row, this.#interval);
    this.#source = source;
    await this.reload();
    // The user may have selected another market, or none, meanwhile.
    await this.#loadBack(source);
  }

  /** Loads the past range requested by the URL. */
  async #loadBack(source: CandleSource): Promise<void> {
    const { fromMs } = this.span;
    for (let i = 0; i < OLDER_PARTS_MAX && fromMs !== undefined; i++) {
      const first = source.candles.list[0]?.start;
      if (source !== this.#source || first === undefined || first <= fromMs) return;
      if (!await this.#readOlder(source)) return;
      this.#redraw();
    }
  }

  /** Reloads all candles, as missing ones may have arrived. */
  async reload(): Promise<void> {
    this.#reloadAtMs = gatewayNowMs() + RELOAD_EVERY_MS;
    await this.#read((source) => source.load());
  }

  /** Updates the chart with new trades and gaps. */
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
    // A trade in a new interval also adds the empty ones before it.
    if ([...changed].some(({ start }) => start > last)) return this.#redraw();
    for (const candle of changed) this.#show(candle, candle.start < last);
    this.#renderLegend();
  }

  /** Called once a second, also without trades. */
  tick(): void {
    if (this.#shownMarket === "" || byId("chart").clientHeight === 0) return;
    const now = gatewayNowMs();
    this.#noteMid(now);
    if (now >= this.#reloadAtMs) return void this.reload();
    if (now >= this.#refreshAtMs) void this.#read((source) => source.refresh());
    else if (now >= this.#bands.lastMs + this.#bands.intervalMs) this.#redraw();
    else if (this.#bands.gaps.some(({ to }) => to === null)) this.#bands.update();
  }

  /** Applies the theme's colours. */
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
        borderColor: line,
        // The first trade turns the empty last interval into a candle; the view must shift then too.
        allowShiftVisibleRangeOnWhitespaceReplacement: true,
      },
    });
    const [up, down] = [cssColor("--up"), cssColor("--down")];
    this.#bars.applyOptions({ upColor: up, downColor: down, wickUpColor: up, wickDownColor: down });
    this.#mids.applyOptions({ color: cssColor("--accent") });
    this.overlays.applyTheme();
    this.#compare.applyTheme();
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
    this.#refreshAtMs = gatewayNowMs() + REFRESH_EVERY_MS;
    const reads = Promise.all([how(source), this.#compare.read()]);
    const [isRead] = await reads.finally(() => this.#busy = false);
    // Another market was selected during the request, so load its candles next.
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
    const isMore = await this.#readOlder(source).finally(() => this.#busy = false);
    // The first read of another market was skipped meanwhile.
    if (source !== this.#source) return void this.reload();
    if (isMore) this.#redraw();
  }

  async #readOlder(source: CandleSource): Promise<boolean> {
    const [isMore] = await Promise.all([source.loadOlder(), this.#compare.readOlder()]);
    return isMore;
  }

  #redraw(): void {
    const candles = this.#source?.candles;
    const slots = candles?.slots(gatewayNowMs()) ?? [];
    this.#bars.setData(slots.map(({ start, candle }) => barOf(start, candle)));
    this.#volume.setData(slots.map(({ start, candle }) => volumeOf(start, candle)));
    this.overlays.draw(candles?.list ?? []);
    this.#bands.gaps = candles?.gaps ?? [];
    this.#bands.firstMs = slots[0]?.start ?? 0;
    this.#bands.slots = slots.length;
    this.#bands.intervalMs = candles?.intervalMs ?? 1000;
    this.#bands.update();
    this.#drawFires();
    const { firstMs, slots: count, intervalMs } = this.#bands;
    this.#compare.draw(firstMs, this.#bands.lastMs);
    this.span.apply({ count, firstMs, intervalMs });
    if (slots.length > 0) this.#mids.clear();
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

  /** Without trades the mid price is the only price. */
  #noteMid(nowMs: number): void {
    const row = this.#store.current;
    if (row === undefined || this.#source?.candles.list.length !== 0) return;
    if (!this.#mids.note(row, nowMs)) return;
    byId("chart-empty").hidden = true;
    setText(byId("legend"), "No trade in this time: the line is the middle of bid and ask");
  }

  /** Freezes the chart so that the candle stays under the pointer. */
  #pointAt(time: UTCTimestamp | undefined): void {
    this.span.hold(time !== undefined);
    this.#pointedAt = time;
    this.#renderLegend();
  }

  /** Shows the candle under the pointer, else the newest. */
  #renderLegend(): void {
    const time = this.#pointedAt;
    const list = this.#source?.candles.list ?? [];
    const candle = time === undefined
      ? list.at(-1)
      : list.find(({ start }) => start === time * 1000);
    const gap = time === undefined ? undefined : this.#bands.at(time * 1000);
    const row = this.#store.current;
    const parts = candle === undefined || row === undefined ? [] : candleWords(candle, row);
    if (gap !== undefined) parts.push(nameOf(gap.reason));
    const fires = time === undefined ? this.#fires.names() : this.#fires.at(time * 1000);
    if (fires.length > 0) parts.push(`● ${fires.join(", ")}`);
    if (parts.length > 0 || this.#mids.length === 0) setText(byId("legend"), parts.join("  "));
  }

  #applyDecimals(): void {
    const { decimals, type } = this.#store.current ?? emptyRow("", "");
    const unit = `${decimals} ${type}`;
    if (unit === this.#unit) return;
    this.#unit = unit;
    const priceFormat = {
      type: "custom",
      minMove: 10 ** -decimals,
      formatter: (value: number) => priceText({ decimals, type }, value),
    } as const;
    this.#bars.applyOptions({ priceFormat });
    this.#mids.applyOptions({ priceFormat });
  }
}
