import { gatewayNowMs } from "../clock.ts";
import type {
  IChartApi,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  Logical,
  SeriesAttachedParameter,
  Time,
} from "lightweight-charts";
import { dayTime } from "../format.ts";
import type { GapSpan } from "./candles.ts";

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];

/** Minimum width of a band, so that it is visible. */
const WIDTH_PX_MIN = 3;
/** Distance of the hatch lines. */
const HATCH_PX = 7;
/** Minimum width of a band with a label. */
const LABEL_PX_MIN = 60;

/** Hatched bands behind the candles where records are missing. */
export class GapBands implements ISeriesPrimitive<Time> {
  gaps: readonly GapSpan[] = [];
  /** Start of the first slot and slot length, ms. */
  firstMs = 0;
  intervalMs = 1000;
  slots = 0;
  colors = { band: "", line: "", text: "" };
  font = "11px sans-serif";
  #chart: IChartApi | undefined;
  #requestUpdate: () => void = () => {};
  #view: IPrimitivePaneView = {
    zOrder: () => "bottom",
    renderer: () => ({ draw: (target) => this.#draw(target) }),
  };

  attached({ chart, requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.#chart = chart as IChartApi;
    this.#requestUpdate = requestUpdate;
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return [this.#view];
  }

  /** Start of the last slot, ms; -Infinity without slots. */
  get lastMs(): number {
    return this.slots === 0 ? -Infinity : this.firstMs + (this.slots - 1) * this.intervalMs;
  }

  /** Redraws after gaps or time changed. */
  update(): void {
    this.#requestUpdate();
  }

  /** Gap in the slot that starts at `ms`. */
  at(ms: number): GapSpan | undefined {
    return this.gaps.find(({ from, to }) => from < ms + this.intervalMs && (to ?? Infinity) > ms);
  }

  #draw(target: Target): void {
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      for (const gap of this.gaps) {
        // Skip gaps before the first candle; the start of the recording is shown elsewhere.
        if ((gap.to ?? Infinity) <= this.firstMs) continue;
        const from = this.#x(Math.max(gap.from, this.firstMs));
        const to = this.#x(gap.to ?? gatewayNowMs());
        if (from === null || to === null) continue;
        const left = Math.max(0, from);
        const right = Math.min(mediaSize.width, Math.max(to, from + WIDTH_PX_MIN));
        if (right > left) this.#band(context, gap, { left, right, height: mediaSize.height });
      }
    });
  }

  /** Slots have equal length, so x is interpolated between slot coordinates. */
  #x(ms: number): number | null {
    if (this.#chart === undefined || this.slots === 0) return null;
    const timeScale = this.#chart.timeScale();
    const a = timeScale.logicalToCoordinate(0 as Logical);
    const b = timeScale.logicalToCoordinate(1 as Logical);
    if (a === null || b === null) return null;
    // A candle is centred on its slot's coordinate.
    const x = (ms - this.firstMs) / this.intervalMs - 0.5;
    return a + (b - a) * Math.min(x, this.slots + 0.5);
  }

  #band(
    context: CanvasRenderingContext2D,
    gap: GapSpan,
    { left, right, height }: { left: number; right: number; height: number },
  ): void {
    context.save();
    context.beginPath();
    context.rect(left, 0, right - left, height);
    context.clip();
    context.fillStyle = this.colors.band;
    context.fillRect(left, 0, right - left, height);
    context.strokeStyle = this.colors.line;
    context.lineWidth = 1;
    context.beginPath();
    const start = Math.floor((left - height) / HATCH_PX) * HATCH_PX;
    for (let x = start; x < right; x += HATCH_PX) {
      context.moveTo(x, height);
      context.lineTo(x + height, 0);
    }
    context.stroke();
    if (right - left >= LABEL_PX_MIN) this.#label(context, gap, left);
    context.restore();
  }

  #label(context: CanvasRenderingContext2D, { reason, from }: GapSpan, left: number): void {
    context.fillStyle = this.colors.text;
    context.font = this.font;
    // Below the legend.
    context.fillText(nameOf(reason), left + 6, 40);
    context.fillText(dayTime(from), left + 6, 54);
  }
}

/** Display name of a reason. */
export function nameOf(reason: string): string {
  return reason === "not_archived_yet" ? "not archived yet" : `gap: ${reason}`;
}
