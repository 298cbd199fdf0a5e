import type { MarketEvent } from "@ssmd/market";
import { thrownText } from "@ssmd/sandbox/host";
import type { Builder, BuilderDefinition } from "../builders/builder.ts";
import type { StateReader, StateWriter } from "../builders/state_bytes.ts";

/** A market's builder with its warm-up state. */
export class BuilderSlot {
  /** Identifies it within its market. */
  readonly key: string;
  /** Record types it takes. */
  readonly types: BuilderDefinition<unknown>["types"];
  readonly #builder: Builder;
  readonly #warmupUs: number;
  readonly #isShared: boolean;
  readonly #advances: boolean;
  /** Event time of the first record since its start or the last gap, µs; NaN when there is none. */
  #sinceUs = NaN;
  /** The builder's `valid` after its last change; cached for many conditions. */
  #isValid = false;
  /** Time of the last advance, µs; NaN after a later change. */
  #advancedUs = NaN;
  /** Whether it continues an earlier state. */
  isRestored = false;
  /** Error text of an author's builder that threw; it then takes no more records. */
  failure: string | undefined;

  /** Creates a slot for a new builder. */
  constructor(key: string, definition: BuilderDefinition<unknown>, builder: Builder) {
    this.key = key;
    this.types = definition.types;
    this.#builder = builder;
    this.#warmupUs = definition.warmupUs;
    this.#isShared = definition.isShared;
    this.#advances = builder.advance !== undefined;
  }

  /** Returns whether it is valid and warm. */
  isReady(nowUs: number): boolean {
    return this.#isValid && nowUs - this.#sinceUs >= this.#warmupUs;
  }

  /** What it waits for at a time; undefined when it is ready or has failed. */
  waitsFor(nowUs: number): string | undefined {
    if (this.failure !== undefined || this.isReady(nowUs)) return undefined;
    if (this.#isValid) return "not warm: a builder needs records of a longer time";
    return this.types.includes("orderbook")
      ? "waits for a snapshot of the book, or until it is no longer crossed"
      : "waits for more records";
  }

  /** Applies a record of its types. */
  apply(record: MarketEvent): void {
    if (this.#sinceUs !== this.#sinceUs) this.#sinceUs = record.receivedAtUs;
    if (this.#isShared) this.#builder.apply(record);
    else this.#applyGuarded(record);
    this.#changed();
  }

  /** Apart: a function that makes closures allocates on each call, even one that makes none. */
  #applyGuarded(record: MarketEvent): void {
    this.#guard(() => this.#builder.apply(record));
  }

  /** Applies a gap; the warm-up restarts only when the builder becomes invalid. */
  applyGap(record: MarketEvent): void {
    this.#applyGuarded(record);
    this.#changed();
    if (!this.#isValid) this.#sinceUs = NaN;
  }

  /** Advances the builder to a time, µs. */
  advance(nowUs: number): void {
    if (!this.#advances || nowUs === this.#advancedUs) return;
    if (this.#isShared) this.#builder.advance?.(nowUs);
    else this.#advanceGuarded(nowUs);
    this.#changed();
    this.#advancedUs = nowUs;
  }

  #advanceGuarded(nowUs: number): void {
    this.#guard(() => this.#builder.advance?.(nowUs));
  }

  #changed(): void {
    this.#advancedUs = NaN;
    if (this.#isShared) this.#isValid = this.#builder.valid;
    else this.#askGuarded();
    if (this.failure !== undefined) this.#isValid = false;
  }

  #askGuarded(): void {
    this.#guard(() => void (this.#isValid = this.#builder.valid === true));
  }

  #guard(act: () => void): void {
    if (this.failure !== undefined) return;
    try {
      act();
    } catch (error) {
      if (isOutOfMemory(error)) throw error;
      this.failure = thrownText(error);
    }
  }

  /** Writes its state. */
  write(to: StateWriter): void {
    to.number(this.#sinceUs).text(this.failure ?? "");
    this.#builder.write(to);
  }

  /** Restores its state. */
  read(from: StateReader): void {
    this.#sinceUs = from.number();
    this.failure = from.text() || undefined;
    this.#builder.read(from);
    this.isRestored = true;
    this.#changed();
  }
}

/** Returns whether a buffer allocation failed; the last caller need not be the culprit. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof RangeError && error.message === "Array buffer allocation failed";
}
