import { SsmdError } from "@ssmd/runtime/errors";

const FIRST_MS = 5_000;
const MOST_MS = 10 * 60_000;
/** Maximum remembered pairs of caller and transform. */
const KNOWN_MAX = 10_000;

interface Rest {
  untilMs: number;
  lastedMs: number;
}

/** Blocks transforms that ended their process too often, per caller, for growing times. */
export class Quarantine {
  readonly #rests = new Map<string, Rest>();

  /** Blocks a transform for a caller. */
  add(caller: string, name: string): void {
    const key = keyOf(caller, name);
    const lastedMs = Math.min(MOST_MS, (this.#rests.get(key)?.lastedMs ?? FIRST_MS / 2) * 2);
    this.#rests.delete(key);
    this.#rests.set(key, { untilMs: performance.now() + lastedMs, lastedMs });
    const [oldest] = this.#rests.keys();
    if (this.#rests.size > KNOWN_MAX && oldest !== undefined) this.#rests.delete(oldest);
  }

  /** Throws SsmdError `TRANSFORM_RESTS` while a transform is blocked for a caller. */
  assertAllowed(caller: string, name: string): void {
    const rest = this.#rests.get(keyOf(caller, name));
    const leftMs = (rest?.untilMs ?? 0) - performance.now();
    if (leftMs <= 0) return;
    const seconds = Math.ceil(leftMs / 1000);
    throw new SsmdError("TRANSFORM_RESTS", `"${name}" is blocked for you: it exceeded its limits`, {
      hint: `Try again in ${seconds} s, or correct it: ssmd transform test ${name}`,
      retryable: true,
    });
  }
}

function keyOf(caller: string, name: string): string {
  return `${name}\0${caller}`;
}
