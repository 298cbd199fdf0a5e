/// <reference lib="dom" />
import { cssColor } from "./theme.ts";

/** Clears a canvas at device resolution; returns context and size in CSS px; undefined without a size. */
export function pencil(
  canvas: HTMLCanvasElement,
): { context: CanvasRenderingContext2D; width: number; height: number } | undefined {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (context === null || width === 0 || height === 0) return undefined;
  const scale = devicePixelRatio || 1;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** Axis labels of a line: value and time bounds. */
interface Axes {
  low: string;
  high: string;
  from: string;
  to: string;
}

const LABEL_PX = 14;

/** Draws a line of equidistant values with a faint fill below; null = a hole in the line. */
export function drawLine(
  canvas: HTMLCanvasElement,
  values: readonly (number | null)[],
  { color, fromZero = false, axes }: { color: string; fromZero?: boolean; axes?: Axes },
): void {
  const pen = pencil(canvas);
  if (pen === undefined || values.length < 2) return;
  const { context } = pen;
  const height = pen.height - (axes === undefined ? 0 : LABEL_PX);
  const left = axes === undefined ? 0 : drawAxes(context, axes, { width: pen.width, height });
  const width = pen.width - left;
  let [low, high] = [fromZero ? 0 : Infinity, -Infinity];
  for (const value of values) {
    if (value !== null) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  const span = high - low || 1;
  const x = (i: number) => left + 1 + i / (values.length - 1) * (width - 2);
  const y = (value: number) =>
    high === low ? height / 2 : height - 2 - (value - low) / span * (height - 4);
  context.strokeStyle = context.fillStyle = color;
  context.lineWidth = 1.25;
  context.lineJoin = "round";
  let points: [number, number][] = [];
  for (let i = 0; i <= values.length; i++) {
    const value = values[i];
    if (value !== null && value !== undefined) points.push([x(i), y(value)]);
    else {
      drawRun(context, points, height);
      points = [];
    }
  }
}

/** Draws the labels: values left of the line, times below. Returns the x where the line begins, px. */
function drawAxes(
  context: CanvasRenderingContext2D,
  { low, high, from, to }: Axes,
  { width, height }: { width: number; height: number },
): number {
  setLabelFont(context);
  const left = 6 + Math.max(...[low, high].map((text) => context.measureText(text).width));
  context.textAlign = "left";
  context.fillText(high, 0, LABEL_PX - 4);
  context.fillText(low, 0, height - 2);
  context.fillText(from, left, height + LABEL_PX - 3);
  context.textAlign = "right";
  context.fillText(to, width - 2, height + LABEL_PX - 3);
  return left;
}

/** Sets the font of canvas text to that of the page, small and dim. */
export function setLabelFont(context: CanvasRenderingContext2D): void {
  context.fillStyle = cssColor("--dim");
  context.font = `11px ${getComputedStyle(document.body).fontFamily}`;
}

function drawRun(
  context: CanvasRenderingContext2D,
  points: readonly [number, number][],
  floor: number,
): void {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return;
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
  context.lineTo(last[0], floor);
  context.lineTo(first[0], floor);
  context.globalAlpha = 0.14;
  context.fill();
  context.globalAlpha = 1;
}
