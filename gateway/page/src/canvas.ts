/// <reference lib="dom" />

/** A canvas that is as sharp as the screen, cleared; undefined while it has no size. */
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

/** A line through values of equal distance, filled faintly below; null = a hole in it. */
export function drawLine(
  canvas: HTMLCanvasElement,
  values: readonly (number | null)[],
  { color, fromZero = false }: { color: string; fromZero?: boolean },
): void {
  const pen = pencil(canvas);
  if (pen === undefined || values.length < 2) return;
  const { context, width, height } = pen;
  let [low, high] = [fromZero ? 0 : Infinity, -Infinity];
  for (const value of values) {
    if (value !== null) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  const span = high - low || 1;
  const x = (i: number) => 1 + i / (values.length - 1) * (width - 2);
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
