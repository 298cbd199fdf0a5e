/// <reference lib="dom" />
import type { IChartApi } from "lightweight-charts";
import type { ChartRange } from "../routes.ts";

/** Candle spacing when not all fit, CSS pixels. */
export const SPACING_PX = 7;
/** Minimum number of visible slots, which limits the candle width. */
const SLOTS_MIN = 24;
/** Empty slots right of the newest candle. */
const RIGHT_SLOTS = 2;
/** Half of the width of a time under the axis, which is cut off at its edge. */
const LABEL_PX = 30;
const SETTLE_MS = 400;

/** Time slots of the chart. */
interface Slots {
  count: number;
  /** Time of the first slot, ms. */
  firstMs: number;
  intervalMs: number;
}

/** Visible range of the chart: that of the URL, else all of a young recording. */
export class ChartSpan {
  /** Called after the user moved or zoomed the chart. */
  onMoved: (range: ChartRange) => void = () => {};
  /** Start of a young recording, ms; undefined = long ago. */
  sinceMs: number | undefined;
  #chart: IChartApi;
  #range: ChartRange = {};
  #slots: Slots = { count: 0, firstMs: 0, intervalMs: 1000 };
  /** The user moved the chart, so it is no longer adjusted. */
  #isMoved = false;
  /** How it was last shown: all, or the newest part; undefined = not yet. */
  #shown: "all" | "part" | undefined;
  #isHeld = false;
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(chart: IChartApi, box: HTMLElement) {
    this.#chart = chart;
    const moved = () => {
      this.#isMoved = true;
      clearTimeout(this.#settling);
      this.#settling = setTimeout(() => this.#report(), SETTLE_MS);
    };
    chart.timeScale().subscribeSizeChange(() => this.apply(this.#slots));
    box.addEventListener("wheel", moved, { passive: true });
    box.addEventListener("pointermove", ({ buttons }) => buttons === 0 || moved());
    box.addEventListener("touchmove", moved, { passive: true });
  }

  /** Resets for another market or interval. */
  open(range: ChartRange): void {
    this.#range = range;
    this.sinceMs = undefined;
    this.#isMoved = false;
    this.#shown = undefined;
    clearTimeout(this.#settling);
  }

  /** Start of the visible range, ms; undefined = the default range. */
  get fromMs(): number | undefined {
    const { toMs, spanMs } = this.#range;
    return toMs === undefined || spanMs === undefined ? undefined : toMs - spanMs;
  }

  /** Applies the range to changed slots. */
  apply(slots: Slots): void {
    this.#slots = slots;
    if (this.#isMoved || this.#isHeld || slots.count === 0) return;
    const timeScale = this.#chart.timeScale();
    const { spanMs, toMs } = this.#range;
    const last = slots.count - 1 + RIGHT_SLOTS;
    if (spanMs !== undefined) {
      const to = toMs === undefined ? last : (toMs - slots.firstMs) / slots.intervalMs;
      timeScale.setVisibleLogicalRange({ from: to - spanMs / slots.intervalMs, to });
    } else {
      const begin = ((this.sinceMs ?? 0) - slots.firstMs) / slots.intervalMs;
      const first = Math.max(0, Math.floor(begin));
      const width = timeScale.width() - LABEL_PX;
      if ((last - first) * SPACING_PX < width) {
        const to = Math.max(last, first + SLOTS_MIN);
        timeScale.setVisibleLogicalRange({ from: first - (to - first) * LABEL_PX / width, to });
        this.#shown = "all";
      } else {
        // Candles of the past arrive after live ones, so the zoom that fitted all is now too close.
        if (this.#shown !== "part") timeScale.resetTimeScale();
        this.#shown = "part";
      }
    }
  }

  /** Freezes the visible range while the user points at it, or lets it follow new candles. */
  hold(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.#chart.timeScale().applyOptions({
      shiftVisibleRangeOnNewBar: !isHeld,
      allowShiftVisibleRangeOnWhitespaceReplacement: !isHeld,
    });
  }

  #report(): void {
    const seen = this.#chart.timeScale().getVisibleLogicalRange();
    if (seen === null) return;
    const { count, firstMs, intervalMs } = this.#slots;
    const spanMs = (seen.to - seen.from) * intervalMs;
    const isNow = seen.to >= count - 1;
    const toMs = Math.round((firstMs + seen.to * intervalMs) / 1000) * 1000;
    this.onMoved(isNow ? { spanMs } : { spanMs, toMs });
  }
}
