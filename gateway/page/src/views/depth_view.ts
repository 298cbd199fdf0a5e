import { pencil, setLabelFont } from "../canvas.ts";
import { byId, setText } from "../dom.ts";
import { size } from "../format.ts";
import { priceText } from "../state/market_figures.ts";
import { emptyRow } from "../state/market_row.ts";
import type { Store } from "../state/store.ts";
import { cssColor } from "../theme.ts";

type Levels = readonly (readonly [number, number])[];

const REDRAW_MS_MIN = 100;
const LABELS_PX = 16;

/** Depth chart: cumulative size by price. */
export class DepthView {
  #store: Store;
  #canvas = byId<HTMLCanvasElement>("depth");
  #drawnMs = 0;
  #pointerX: number | null = null;

  constructor(store: Store) {
    this.#store = store;
    new ResizeObserver(() => store.dirty.add("book")).observe(this.#canvas);
    this.#canvas.addEventListener("pointermove", ({ offsetX }) => this.#point(offsetX));
    this.#canvas.addEventListener("pointerleave", () => this.#point(null));
  }

  /** Draws the book, at most ten times a second. */
  render(): void {
    const now = Date.now();
    if (!this.#store.dirty.has("book") && !this.#store.dirty.has("second")) return;
    if (now - this.#drawnMs < REDRAW_MS_MIN) return;
    this.#drawnMs = now;
    this.#draw();
  }

  #point(x: number | null): void {
    this.#pointerX = x;
    this.#draw();
  }

  #draw(): void {
    const pen = pencil(this.#canvas);
    if (pen === undefined) return;
    const { book } = this.#store;
    const [bids, asks] = [book.sortedBids(), book.sortedAsks()];
    const [bid, ask] = [bids[0]?.[0], asks[0]?.[0]];
    if (bid === undefined || ask === undefined) {
      return setText(byId("depth-note"), "one side only");
    }
    const mid = (bid + ask) / 2;
    // Both sides extend equally far, so that neither looks deeper than it is.
    const far = Math.min(mid - (bids.at(-1)?.[0] ?? mid), (asks.at(-1)?.[0] ?? mid) - mid) ||
      ask - bid || mid / 100;
    const [low, high] = [mid - far, mid + far];
    const shown = { bids: cumulate(bids, low, high), asks: cumulate(asks, low, high) };
    const most = Math.max(shown.bids.at(-1)?.[1] ?? 0, shown.asks.at(-1)?.[1] ?? 0) || 1;
    const { context, width, height } = pen;
    const floor = height - LABELS_PX;
    const x = (value: number) => (value - low) / (high - low) * width;
    const y = (sum: number) => floor - sum / most * (floor - 6);
    context.globalAlpha = book.known ? 1 : 0.35;
    drawSide(context, shown.bids, { x, y, floor, edge: 0, color: cssColor("--up") });
    drawSide(context, shown.asks, { x, y, floor, edge: width, color: cssColor("--down") });
    context.globalAlpha = 1;
    const row = this.#store.current ?? emptyRow("", "");
    drawLabels(
      context,
      [priceText(row, low), priceText(row, mid, 1), priceText(row, high)],
      { width, height },
    );
    drawSizes(context, [most, most / 2], { y, width });
    if (this.#pointerX !== null) drawPointer(context, this.#pointerX, floor);
    this.#note(shown, low + (high - low) * (this.#pointerX ?? 0) / width, mid);
  }

  #note(shown: { bids: Levels; asks: Levels }, at: number, mid: number): void {
    const row = this.#store.current ?? emptyRow("", "");
    const [bought, sold] = [shown.bids, shown.asks].map((side) => side.at(-1)?.[1] ?? 0);
    if (this.#pointerX === null) {
      return setText(byId("depth-note"), `${size(bought ?? 0)} bid · ${size(sold ?? 0)} ask`);
    }
    const side = at < mid ? shown.bids : shown.asks;
    const sum = side.findLast(([value]) => at < mid ? value >= at : value <= at)?.[1] ?? 0;
    const way = at < mid ? "down to" : "up to";
    setText(byId("depth-note"), `${size(sum)} ${way} ${priceText(row, at)}`);
  }
}

/** Cumulative sizes from the best price, within the range. */
function cumulate(levels: Levels, low: number, high: number): [number, number][] {
  let sum = 0;
  const sums: [number, number][] = [];
  for (const [value, amount] of levels) {
    if (value < low || value > high) break;
    sum += amount;
    sums.push([value, sum]);
  }
  return sums;
}

interface Frame {
  x: (price: number) => number;
  y: (sum: number) => number;
  floor: number;
  /** x where this side ends. */
  edge: number;
  color: string;
}

function drawSide(context: CanvasRenderingContext2D, sums: Levels, frame: Frame): void {
  const { x, y, floor, edge, color } = frame;
  const first = sums[0];
  if (first === undefined) return;
  context.beginPath();
  context.moveTo(x(first[0]), floor);
  let top = floor;
  for (const [value, sum] of sums) {
    context.lineTo(x(value), top);
    context.lineTo(x(value), top = y(sum));
  }
  context.lineTo(edge, top);
  context.strokeStyle = color;
  context.lineWidth = 1.5;
  context.stroke();
  context.lineTo(edge, floor);
  context.closePath();
  const alpha = context.globalAlpha;
  context.globalAlpha = alpha * 0.16;
  context.fillStyle = color;
  context.fill();
  context.globalAlpha = alpha;
}

function drawLabels(
  context: CanvasRenderingContext2D,
  [low = "", mid = "", high = ""]: readonly string[],
  { width, height }: { width: number; height: number },
): void {
  setLabelFont(context);
  const base = height - 4;
  context.textAlign = "left";
  context.fillText(low, 4, base);
  context.textAlign = "center";
  context.fillText(mid, width / 2, base);
  context.textAlign = "right";
  context.fillText(high, width - 4, base);
}

/** Size axis: a faint line and its number per size. */
function drawSizes(
  context: CanvasRenderingContext2D,
  sizes: readonly number[],
  { y, width }: { y: (sum: number) => number; width: number },
): void {
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const each of sizes) {
    setLabelFont(context);
    const text = size(each);
    const at = Math.max(6, Math.round(y(each)));
    const wide = context.measureText(text).width + 12;
    context.fillStyle = cssColor("--line");
    context.fillRect(0, at, width, 1);
    // Background, so that the number stays readable.
    context.fillStyle = cssColor("--panel");
    context.fillRect((width - wide) / 2, at - 7, wide, 14);
    setLabelFont(context);
    context.fillText(text, width / 2, at);
  }
  context.textBaseline = "alphabetic";
}

function drawPointer(context: CanvasRenderingContext2D, x: number, floor: number): void {
  context.fillStyle = cssColor("--dim");
  context.fillRect(Math.round(x), 0, 1, floor);
}
