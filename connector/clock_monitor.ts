import type { CaptureClock } from "@ssmd/archive";
import type { CaptureLocation } from "@ssmd/metadata";
import { type Logger, nowUs } from "@ssmd/runtime";
import { CLOCK_SOURCES, type ClockSources, readClock } from "./clock_quality.ts";

/** Options of {@linkcode ClockMonitor}. */
interface ClockMonitorOptions {
  /** Capture location with the expected clock accuracy; absent = not configured. */
  location?: CaptureLocation | undefined;
  logger: Logger;
  /** Where clock status is read from; default chrony, then timesyncd. */
  sources?: ClockSources | undefined;
  /** Called after each reading. */
  onRead?: () => void;
}

/** Shorter than the minute of a raw file, so that each file starts with a fresh reading. */
const READ_EVERY_MS = 30_000;

/** Reads the status of the machine's clock periodically in the background. */
export class ClockMonitor {
  #options: ClockMonitorOptions;
  #current: CaptureClock;
  #readAtMs = -Infinity;
  #reading: Promise<void> | undefined;
  #lastGoodAtUs: number | undefined;

  /** Reads nothing yet. */
  constructor(options: ClockMonitorOptions) {
    this.#options = options;
    const source = options.location?.clock_source ?? "system";
    this.#current = { source, status: "unknown", offsetUs: null };
  }

  /** Newest reading. */
  get current(): CaptureClock {
    return this.#current;
  }

  /** Time of the last `synchronized` reading, µs; undefined = none since the start. */
  get lastGoodAtUs(): number | undefined {
    return this.#lastGoodAtUs;
  }

  /** Reads the clock status; resolves after a second at most. Never rejects. */
  read(): Promise<void> {
    return this.#reading ??= this.#read().finally(() => this.#reading = undefined);
  }

  /** Starts a background reading when the last one is old. */
  tick(): void {
    if (performance.now() - this.#readAtMs >= READ_EVERY_MS) void this.read();
  }

  /** Resolves when no reading is in progress. */
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
