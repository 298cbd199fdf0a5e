/// <reference lib="dom" />
import type { IChartApi } from "lightweight-charts";
import type { ChartRange } from "../routes.ts";

/** Distance of candles where there are more than have room, CSS pixels. */
export const SPACING_PX = 7;
/** Slots that are seen at least: a candle is never as wide as a hand. */
const SLOTS_MIN = 24;
/** Empty slots right of the newest candle. */
const RIGHT_SLOTS = 2;
const SETTLE_MS = 400;

/** The slots of the chart. */
interface Slots {
  count: number;
  /** Time of the first one, ms. */
  firstMs: number;
  intervalMs: number;
}

/** The part of the chart that is seen: what the address says, else all of a young recording. */
export class ChartSpan {
  /** Called when somebody has moved or zoomed the chart. */
  onMoved: (range: ChartRange) => void = () => {};
  /** When a young recording began, ms; undefined = long ago. */
  sinceMs: number | undefined;
  #chart: IChartApi;
  #range: ChartRange = {};
  #slots: Slots = { count: 0, firstMs: 0, intervalMs: 1000 };
  /** By hand; from then on the chart stays as it was left. */
  #isMoved = false;
  /** How it was shown last: all of it, or its newest part; undefined = not yet. */
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

  /** Another market or candle length is shown. */
  open(range: ChartRange): void {
    this.#range = range;
    this.sinceMs = undefined;
    this.#isMoved = false;
    this.#shown = undefined;
    clearTimeout(this.#settling);
  }

  /** Time before which no candle is seen, ms; undefined = the usual number is. */
  get fromMs(): number | undefined {
    const { toMs, spanMs } = this.#range;
    return toMs === undefined || spanMs === undefined ? undefined : toMs - spanMs;
  }

  /** Shows the part after the slots have changed. */
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
      const from = Math.max(0, Math.floor(begin)) - 0.5;
      if ((last - from) * SPACING_PX < timeScale.width()) {
        timeScale.setVisibleLogicalRange({ from, to: Math.max(last, from + SLOTS_MIN) });
        this.#shown = "all";
      } else {
        // Live candles come before those of the past: what showed them all is too near now.
        if (this.#shown !== "part") timeScale.resetTimeScale();
        this.#shown = "part";
      }
    }
  }

  /** Holds what is seen while somebody points at it, or lets it move on with new candles. */
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
