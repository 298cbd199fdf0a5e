const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

/** Formats bytes in binary units: `512 B`, `1.5 MiB`. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 1023.95 would be printed as 1024.0.
  while (Math.abs(value) >= (unit === 0 ? 1024 : 1023.95) && unit < BINARY.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${BINARY[unit]}`;
}

/** Formats ISO 8601 in UTC, milliseconds only if not zero: `2026-08-01T02:53:50Z`. */
export function isoOfMs(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.000Z$/, "Z");
}

/** Formats a duration in its two largest units: `3d 4h`, `5m 30s`, `12s`, `250ms`. */
export function durationText(ms: number): string {
  if (ms < 0) return `-${durationText(-ms)}`;
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const seconds = Math.round(ms / 1000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  const first = parts.findIndex(([value]) => value > 0);
  return parts.slice(first, first + 2).filter(([value]) => value > 0)
    .map(([value, unit]) => `${value}${unit}`).join(" ");
}

/** Progress and estimated time left: `43 %, 12s left`. */
export function shareText(done: number, total: number, elapsedMs: number): string {
  const share = total > 0 ? Math.min(1, done / total) : 1;
  const left = share === 0 ? "" : `, ${durationText(elapsedMs * (1 - share) / share)} left`;
  return `${Math.floor(share * 100)} %${left}`;
}

/** Time since a moment, ms since 1970; undefined = never. A future moment gives 0. */
export function agoText(atMs: number | null): string | undefined {
  return atMs === null ? undefined : durationText(Math.max(0, Date.now() - atMs));
}

/** Formats a number with its noun: `1 feed`, `3 feeds`, `2 entries`. */
export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Sorts rows by columns; numbers by value, texts by character, absent values first. */
export function sortedBy<R extends Record<string, unknown>>(
  rows: readonly R[],
  ...columns: (keyof R & string)[]
): R[] {
  return [...rows].sort((a, b) => {
    for (const column of columns) {
      const order = compare(a[column], b[column]);
      if (order !== 0) return order;
    }
    return 0;
  });
}

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (a === undefined || a === null) return -1;
  if (b === undefined || b === null) return 1;
  return a < b ? -1 : 1;
}
