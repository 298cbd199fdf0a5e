import type { MarketEvent } from "@ssmd/market";
import { thrownText } from "@ssmd/sandbox/host";
import type { Builder, BuilderDefinition } from "../builders/builder.ts";
import type { StateReader, StateWriter } from "../builders/state_bytes.ts";

/** A builder of a market with its warm-up. */
export class BuilderSlot {
  /** Tells it from the others of its market. */
  readonly key: string;
  /** Types of records that it takes. */
  readonly types: BuilderDefinition<unknown>["types"];
  readonly #builder: Builder;
  readonly #warmupUs: number;
  readonly #isShared: boolean;
  readonly #advances: boolean;
  /** Event time of its first record since it began or a gap, µs; NaN = none yet. */
  #sinceUs = NaN;
  /** What the builder said of itself after its last change: many conditions ask. */
  #isValid = false;
  /** The time to which it was moved on, µs; NaN = it changed since. */
  #advancedUs = NaN;
  /** What an author's builder threw; it takes no further record. */
  failure: string | undefined;

  /** A slot for a builder that took no record yet. */
  constructor(key: string, definition: BuilderDefinition<unknown>, builder: Builder) {
    this.key = key;
    this.types = definition.types;
    this.#builder = builder;
    this.#warmupUs = definition.warmupUs;
    this.#isShared = definition.isShared;
    this.#advances = builder.advance !== undefined;
  }

  /** Whether it is valid and warm. */
  isReady(nowUs: number): boolean {
    return this.#isValid && nowUs - this.#sinceUs >= this.#warmupUs;
  }

  /** Gives it a record of its types. */
  apply(record: MarketEvent): void {
    if (this.#sinceUs !== this.#sinceUs) this.#sinceUs = record.receivedAtUs;
    if (this.#isShared) this.#builder.apply(record);
    else this.#guard(() => this.#builder.apply(record));
    this.#changed();
  }

  /** Gives it a gap; one that it does not care about leaves it valid and warm. */
  applyGap(record: MarketEvent): void {
    this.#guard(() => this.#builder.apply(record));
    this.#changed();
    if (!this.#isValid) this.#sinceUs = NaN;
  }

  /** Moves its time on. */
  advance(nowUs: number): void {
    if (!this.#advances || nowUs === this.#advancedUs) return;
    if (this.#isShared) this.#builder.advance?.(nowUs);
    else this.#guard(() => this.#builder.advance?.(nowUs));
    this.#changed();
    this.#advancedUs = nowUs;
  }

  #changed(): void {
    this.#advancedUs = NaN;
    if (this.#isShared) this.#isValid = this.#builder.valid;
    else this.#guard(() => void (this.#isValid = this.#builder.valid === true));
    if (this.failure !== undefined) this.#isValid = false;
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

  /** Takes over a state. */
  read(from: StateReader): void {
    this.#sinceUs = from.number();
    this.failure = from.text() || undefined;
    this.#builder.read(from);
    this.#changed();
  }
}

/** Whether there is no room for a buffer: whoever filled it is to blame, not who asked last. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof RangeError && error.message === "Array buffer allocation failed";
}
