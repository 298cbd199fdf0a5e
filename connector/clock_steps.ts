import { type ClockReadings, nowUs, SteadyClock } from "@ssmd/runtime";

/** Most that line times may lead the system clock, µs; beyond it the earlier clock was wrong. */
export const AHEAD_US_MAX = 10 * 60 * 1_000_000;
/** Lead over the system clock that is reported, µs; smaller corrections are ignored. */
const AHEAD_US_REPORTED = 10_000;
/** Advance over the monotonic clock between two looks that counts as a step, not as slewing. */
const STEP_US_MIN = 1_000_000;
/** Time that a clock set ahead must keep before it is trusted again. */
const SETTLED_MS = 60_000;

/** Event found by a look at the clock. */
export type ClockStep =
  /** Times are suspect from `fromUs` on. */
  | { type: "suspect"; fromUs: number; why: string }
  /** Times are trusted again; `returns`: the next times are earlier than those given before. */
  | { type: "settled"; why: string; returns: boolean };

/**
 * Timestamps of a run's lines. They never go back while the system clock was set back by little,
 * and jump back at once when it had been far ahead. Detects clock steps.
 */
export class StepClock {
  #readings: ClockReadings;
  #steady: SteadyClock;
  #lastWallUs: number;
  #lastMs: number;
  /** Earliest end of the suspect period, monotonic ms; undefined = not suspect. */
  #suspectUntilMs: number | undefined;

  /** Starts at the system's time. */
  constructor(readings: ClockReadings = { wallUs: nowUs, steadyMs: () => performance.now() }) {
    this.#readings = readings;
    this.#steady = new SteadyClock(readings);
    this.#lastWallUs = readings.wallUs();
    this.#lastMs = readings.steadyMs();
  }

  /** Returns the current line time, µs since 1970. */
  nowUs(): number {
    return this.#steady.nowUs();
  }

  /**
   * Continues after the last run's last line. Returns false when that line leads the system clock
   * by more than {@linkcode AHEAD_US_MAX}: its time was wrong and is ignored.
   */
  startBehind(lastUs: number): boolean {
    if (lastUs - this.#readings.wallUs() > AHEAD_US_MAX) return false;
    this.#steady.startAt(lastUs);
    return true;
  }

  /**
   * Checks the clock, once a second; undefined = no change. After an event with `returns`, call
   * `returnToSystem` once the event is written.
   */
  look(): ClockStep | undefined {
    const ms = this.#readings.steadyMs();
    const wallUs = this.#readings.wallUs();
    const steppedUs = wallUs - this.#lastWallUs - (ms - this.#lastMs) * 1000;
    const beforeUs = this.#lastWallUs;
    this.#lastWallUs = wallUs;
    this.#lastMs = ms;
    const { aheadUs } = this.#steady;
    // An unreported step is reported as suspect first, so that the stream holds its size.
    const isFar = aheadUs > AHEAD_US_MAX && this.#suspectUntilMs !== undefined;
    if (isFar) return this.#settled(`set back by ${secondsOf(aheadUs)}`, true);
    if (steppedUs > STEP_US_MIN) {
      // The first time after the step; earlier times keep their quality.
      const fromUs = beforeUs + Math.round(steppedUs);
      return this.#suspect(fromUs, ms + SETTLED_MS, `set ahead by ${secondsOf(steppedUs)}`);
    }
    if (aheadUs > AHEAD_US_REPORTED) {
      const why = `set back by ${secondsOf(aheadUs)}: time goes at half pace until it is reached`;
      return this.#suspect(this.#steady.nowUs(), ms, why);
    }
    if (this.#suspectUntilMs === undefined || ms < this.#suspectUntilMs) return undefined;
    return this.#settled("has kept its time", false);
  }

  /** Makes the next time the system's, although it is earlier than the last one. */
  returnToSystem(): void {
    this.#steady.returnToSystem();
  }

  #suspect(fromUs: number, untilMs: number, why: string): ClockStep | undefined {
    const isNew = this.#suspectUntilMs === undefined;
    this.#suspectUntilMs = Math.max(this.#suspectUntilMs ?? 0, untilMs);
    return isNew ? { type: "suspect", fromUs, why: `the clock was ${why}` } : undefined;
  }

  #settled(what: string, returns: boolean): ClockStep {
    this.#suspectUntilMs = undefined;
    return { type: "settled", why: `the clock ${returns ? "was " : ""}${what}`, returns };
  }
}

function secondsOf(us: number): string {
  return `${(us / 1e6).toFixed(us < 10_000_000 ? 3 : 0)} s`;
}
