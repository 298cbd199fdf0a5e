/**
 * Wall clock in integer microseconds since 1970, exact in a double until the year 2255. It is
 * anchored to the system clock and advanced with the monotonic clock (resolution about 1 µs), and
 * re-anchored when both differ by more than {@linkcode DRIFT_US_MAX} (the clock was stepped).
 */
const DRIFT_US_MAX = 2_000;
const CHECK_EVERY_MS = 250;

let anchorUs = 0;
let anchorMs = -Infinity;
let checkedMs = -Infinity;

function systemUs(): number {
  return Number(Temporal.Now.instant().epochNanoseconds / 1_000n);
}

/** Returns the current time, µs since 1970. */
export function nowUs(): number {
  const ms = performance.now();
  if (ms - checkedMs > CHECK_EVERY_MS) {
    checkedMs = ms;
    const system = systemUs();
    if (Math.abs(anchorUs + (ms - anchorMs) * 1000 - system) > DRIFT_US_MAX || anchorMs < 0) {
      anchorUs = system;
      anchorMs = ms;
    }
  }
  return Math.round(anchorUs + (ms - anchorMs) * 1000);
}

/** Time sources of a {@linkcode SteadyClock}. */
export interface ClockReadings {
  /** Wall clock, µs since 1970. */
  wallUs: () => number;
  /** Monotonic clock, ms. */
  steadyMs: () => number;
}

/**
 * A wall clock that never goes back, for values that are ordered by it. When the system clock is
 * set back, it advances at half speed until the system clock catches up.
 */
export class SteadyClock {
  #sources: ClockReadings;
  #lastUs = 0;
  #lastMs: number;

  /** Starts at the system time. */
  constructor(sources: ClockReadings = { wallUs: nowUs, steadyMs: () => performance.now() }) {
    this.#sources = sources;
    this.#lastMs = sources.steadyMs();
  }

  /** Continues from an earlier reading, unless the system time is later. */
  startAt(us: number): void {
    this.#lastUs = Math.max(this.#lastUs, us);
  }

  /** Lead over the system clock, µs; 0 unless that was set back. */
  get aheadUs(): number {
    return Math.max(0, this.#lastUs - this.#sources.wallUs());
  }

  /** Jumps back to the system time; earlier readings were wrong. */
  returnToSystem(): void {
    this.#lastUs = Math.floor(this.#sources.wallUs());
    this.#lastMs = this.#sources.steadyMs();
  }

  /** Returns the time, µs since 1970; never goes back, except through `returnToSystem`. */
  nowUs(): number {
    const ms = this.#sources.steadyMs();
    const leastUs = this.#lastUs + Math.floor((ms - this.#lastMs) * 500);
    const wallUs = this.#sources.wallUs();
    // Do not advance between readings closer than the clock's resolution.
    if (wallUs < leastUs && leastUs === this.#lastUs) return this.#lastUs;
    this.#lastMs = ms;
    return this.#lastUs = Math.max(wallUs, leastUs);
  }
}

/** Formats a time in µs as ISO 8601 UTC text with microseconds. */
export function isoOfUs(us: number): string {
  const ms = Math.floor(us / 1000);
  const rest = String(us - ms * 1000).padStart(3, "0");
  return `${new Date(ms).toISOString().slice(0, -1)}${rest}Z`;
}

/**
 * Parses an RFC 3339 time with 0 to 9 fractional digits, in UTC or with an offset
 * (`2026-08-01T02:53:53.646219Z`, `…+00:00`), to µs; NaN when invalid. Truncates to six digits.
 */
export function usOfIso(text: string): number {
  if (text.charCodeAt(19) !== 46) return msOfIso(text) * 1000;
  const seconds = secondsOf(text);
  let offset = 0;
  let fraction = 0;
  let digits = 0;
  for (let i = 20; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) {
      if (text.charCodeAt(i) !== 90) offset = offsetSeconds(text.slice(i));
      break;
    }
    if (digits < 6) {
      fraction = fraction * 10 + digit;
      digits++;
    }
  }
  for (; digits < 6; digits++) fraction *= 10;
  return (seconds - offset) * 1_000_000 + fraction;
}

/**
 * Parses an ISO 8601 day or time to ms; NaN when invalid. `Date.parse` reads 30 February as a day in
 * March.
 */
export function msOfIso(text: string): number {
  const ms = Date.parse(text);
  if (!text.startsWith("29", 8) && !text.startsWith("3", 8)) return ms;
  const midnight = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return midnight.getUTCDate() === Number(text.slice(8, 10)) ? ms : NaN;
}

/** Returns the seconds east of UTC of an offset (`+05:30`); NaN when invalid. */
function offsetSeconds(text: string): number {
  const [, sign, hours, minutes] = /^([+-])([01]\d|2[0-3]):?([0-5]\d)$/.exec(text) ?? [];
  if (sign === undefined) return text === "z" ? 0 : NaN;
  const seconds = Number(hours) * 3600 + Number(minutes) * 60;
  return sign === "-" ? -seconds : seconds;
}

let lastMinuteText = "";
let lastMinuteSeconds = 0;

/** Parses `YYYY-MM-DDTHH:MM:SS…` (UTC) to whole seconds since 1970; caches the last minute. */
function secondsOf(text: string): number {
  const minute = text.slice(0, 16);
  if (minute !== lastMinuteText) {
    lastMinuteSeconds = msOfIso(`${minute}:00Z`) / 1000;
    lastMinuteText = minute;
  }
  return lastMinuteSeconds + (text.charCodeAt(17) - 48) * 10 + (text.charCodeAt(18) - 48);
}
