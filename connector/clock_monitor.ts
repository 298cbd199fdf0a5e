import type { CaptureClock } from "@ssmd/archive";
import type { CaptureLocation } from "@ssmd/metadata";
import { type Logger, nowUs } from "@ssmd/runtime";
import { CLOCK_SOURCES, type ClockSources, readClock } from "./clock_quality.ts";

/** Options of {@linkcode ClockMonitor}. */
interface ClockMonitorOptions {
  /** What is expected of the clock; absent = not said. */
  location?: CaptureLocation | undefined;
  logger: Logger;
  /** Whom the machine is asked; default chrony, then timesyncd. */
  sources?: ClockSources | undefined;
  /** There is a new answer. */
  onRead?: () => void;
}

/** Raw files are cut by the minute: each begins with a reading that is younger than that. */
const READ_EVERY_MS = 30_000;

/** Knows how the machine's clock is kept, by asking now and then, beside the capturing. */
export class ClockMonitor {
  #options: ClockMonitorOptions;
  #current: CaptureClock;
  #readAtMs = -Infinity;
  #reading: Promise<void> | undefined;
  #lastGoodAtUs: number | undefined;

  /** Nothing is asked yet. */
  constructor(options: ClockMonitorOptions) {
    this.#options = options;
    const source = options.location?.clock_source ?? "system";
    this.#current = { source, status: "unknown", offsetUs: null };
  }

  /** The newest reading. */
  get current(): CaptureClock {
    return this.#current;
  }

  /** When the clock was synchronized for the last time, µs; undefined = not since the start. */
  get lastGoodAtUs(): number | undefined {
    return this.#lastGoodAtUs;
  }

  /** Asks the machine; resolves with the answer, after a second at most. Never rejects. */
  read(): Promise<void> {
    return this.#reading ??= this.#read().finally(() => this.#reading = undefined);
  }

  /** Called now and then: asks in the background when the last answer is old. */
  tick(): void {
    if (performance.now() - this.#readAtMs >= READ_EVERY_MS) void this.read();
  }

  /** Resolves when no question is under way. */
  async settled(): Promise<void> {
    await this.#reading;
  }

  async #read(): Promise<void> {
    this.#readAtMs = performance.now();
    const { location, sources = CLOCK_SOURCES } = this.#options;
    const before = this.#current;
    this.#current = await readClock(location, sources);
    if (this.#current.status === "synchronized") this.#lastGoodAtUs = nowUs();
    if (this.#current.status !== before.status) this.#tell(this.#current);
    this.#options.onRead?.();
  }

  #tell({ source, status, offsetUs, why }: CaptureClock): void {
    const { logger } = this.#options;
    const fields = { source, offset_us: offsetUs };
    if (status === "unsynchronized") {
      logger.warn("the clock is not synchronized: times are suspect", { ...fields, why });
    } else if (status === "synchronized") logger.info("the clock is synchronized", fields);
    else logger.warn("the clock's source does not say any more how it is kept", fields);
  }
}
