import { ByteBuffer } from "./byte_buffer.ts";
import type { Bounds } from "./encoded_column.ts";

/** Least and greatest of doubles, as Parquet wants them: no bounds where one is no number. */
export class DoubleBounds {
  #min = Infinity;
  #max = -Infinity;
  #isKnown = true;

  add(value: number): void {
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (value !== value) this.#isKnown = false;
  }

  take(): Bounds | undefined {
    const [min, max, isKnown] = [this.#min, this.#max, this.#isKnown];
    this.#min = Infinity;
    this.#max = -Infinity;
    this.#isKnown = true;
    if (!isKnown || min > max) return undefined;
    // A zero of either sign lies between -0 and 0.
    return { min: bytesOfDouble(min === 0 ? -0 : min), max: bytesOfDouble(max === 0 ? 0 : max) };
  }
}

function bytesOfDouble(value: number): Uint8Array {
  const bytes = new ByteBuffer(8);
  bytes.float64(value);
  return bytes.written;
}
