import { messageOf, type SsmdError, type SsmdErrorOptions } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { Backoff } from "./retry.ts";

/** States of a circuit breaker: allows every call, one trial at a time, or none. */
export const CIRCUIT_STATES = ["closed", "half_open", "open"] as const;

interface CircuitOptions {
  /** Stable name in lower snake case, a label of the metric: `storage_write`. */
  name: string;
  /** Called system, for people: `s3://bucket`. */
  location: string;
  /** Class of the error thrown while open, as callers of the port expect it. */
  error: new (code: string, message: string, options: SsmdErrorOptions) => SsmdError;
  /** Whether an error is the called system's fault, not the caller's. */
  isFailure: (error: unknown) => boolean;
  /** Monotonic clock, milliseconds; tests inject their own. */
  nowMs?: () => number;
}

/**
 * Guards calls to a system that may be unavailable. After `LIMITS.circuitFailuresMax` consecutive
 * failures, calls fail at once with `CIRCUIT_OPEN` for a growing pause; then one trial call is
 * allowed, and its success closes the breaker. It does not queue or retry: the caller's
 * `Backoff.nextMs(error)` returns the pause.
 */
export class CircuitBreaker {
  readonly name: string;
  #options: CircuitOptions;
  #nowMs: () => number;
  #pauses = new Backoff({
    firstMs: LIMITS.circuitPauseMsFirst,
    maxMs: LIMITS.circuitPauseMsMax,
  });
  #failures = 0;
  #failure: string | undefined;
  #openUntilMs = 0;
  #isTrying = false;

  /** Creates a closed breaker. */
  constructor(options: CircuitOptions) {
    this.name = options.name;
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** Half open from the end of the pause until a trial ends. */
  get state(): typeof CIRCUIT_STATES[number] {
    if (this.#failures < LIMITS.circuitFailuresMax) return "closed";
    return this.#nowMs() < this.#openUntilMs ? "open" : "half_open";
  }

  /** Latest failure, and the state if not closed; undefined = the latest call succeeded. */
  get problem(): string | undefined {
    if (this.#failure === undefined || this.state === "closed") return this.#failure;
    return `${this.#failure} (circuit ${this.name} ${this.state})`;
  }

  /** Runs `call`; returns its result or throws its error. Throws `CIRCUIT_OPEN` while open. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    const isTrial = this.state === "half_open";
    if (this.state === "open" || (isTrial && this.#isTrying)) throw this.#refusal();
    if (isTrial) this.#isTrying = true;
    try {
      const result = await call();
      this.reset();
      return result;
    } catch (error) {
      if (this.#options.isFailure(error)) this.#fail(messageOf(error));
      throw error;
    } finally {
      if (isTrial) this.#isTrying = false;
    }
  }

  /** Closes the breaker; the other side is known to respond. */
  reset(): void {
    this.#failures = 0;
    this.#failure = undefined;
    this.#pauses.reset();
  }

  #fail(failure: string): void {
    this.#failure = failure;
    // Calls started before it opened add no information.
    if (this.state === "open") return;
    if (++this.#failures < LIMITS.circuitFailuresMax) return;
    this.#openUntilMs = this.#nowMs() + this.#pauses.nextMs();
  }

  #refusal(): SsmdError {
    const { name, location, error: PortError } = this.#options;
    const leftMs = Math.ceil(this.#openUntilMs - this.#nowMs());
    const retryAfterMs = leftMs > 0 ? leftMs : LIMITS.circuitPauseMsFirst;
    return new PortError("CIRCUIT_OPEN", `Calls to ${location} are suspended: ${this.#failure}`, {
      context: { circuit: name, retryAfterMs },
      hint: "It failed several times in a row; calls resume by themselves after a pause",
      retryable: true,
    });
  }
}
