import { type ClockReadings, nowUs, SteadyClock } from "@ssmd/runtime";

/** Of times before the system's clock; a clock that was set back by more had been wrong. */
export const AHEAD_US_MAX = 10 * 60 * 1_000_000;
/** A clock that is corrected by less is no news. */
const AHEAD_US_REPORTED = 10_000;
/** A clock that moves ahead of the monotonic one by more between two looks was set, not steered. */
const STEP_US_MIN = 1_000_000;
/** A clock that was set ahead and keeps its time for this long was set right. */
const SETTLED_MS = 60_000;

/** What a look at the clock brought. */
export type ClockStep =
  /** Times are suspect from `fromUs` on. */
  | { type: "suspect"; fromUs: number; why: string }
  /** Times are to be trusted again; `returns`: the next ones are behind those given before. */
  | { type: "settled"; why: string; returns: boolean };

/**
 * The times of a run's lines: they never go back while the system's clock is set back by little,
 * and go back at once when it turns out to have been far ahead. Tells when the clock was set.
 */
export class StepClock {
  #readings: ClockReadings;
  #steady: SteadyClock;
  #lastWallUs: number;
  #lastMs: number;
  /** Until when times are suspect at least, monotonic ms; undefined = they are not. */
  #suspectUntilMs: number | undefined;

  /** Starts at the system's time. */
  constructor(readings: ClockReadings = { wallUs: nowUs, steadyMs: () => performance.now() }) {
    this.#readings = readings;
    this.#steady = new SteadyClock(readings);
    this.#lastWallUs = readings.wallUs();
    this.#lastMs = readings.steadyMs();
  }

  /** Now, in microseconds since 1970. */
  nowUs(): number {
    return this.#steady.nowUs();
  }

  /**
   * Goes on behind the last run's last line. False = that was further ahead of the system's clock
   * than {@linkcode AHEAD_US_MAX}: its time was wrong, and is not gone on from.
   */
  startBehind(lastUs: number): boolean {
    if (lastUs - this.#readings.wallUs() > AHEAD_US_MAX) return false;
    this.#steady.startAt(lastUs);
    return true;
  }

  /**
   * Called once a second; undefined = nothing new. After `returns` call `returnToSystem` when the
   * step was written down.
   */
  look(): ClockStep | undefined {
    const ms = this.#readings.steadyMs();
    const wallUs = this.#readings.wallUs();
    const steppedUs = wallUs - this.#lastWallUs - (ms - this.#lastMs) * 1000;
    const beforeUs = this.#lastWallUs;
    this.#lastWallUs = wallUs;
    this.#lastMs = ms;
    const { aheadUs } = this.#steady;
    // A step that was not told before is told first: what it was wrong by stands in the stream.
    const isFar = aheadUs > AHEAD_US_MAX && this.#suspectUntilMs !== undefined;
    if (isFar) return this.#settled(`set back by ${secondsOf(aheadUs)}`, true);
    if (steppedUs > STEP_US_MIN) {
      // The first of the new times: those before it are as right as they ever were.
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

  /** The next time is the system's, although it is behind the last one. */
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
