/** Hashes a text to 32 bits (FNV-1a), so that each market has its own stream. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}

/** Seeded pseudo-random numbers (sfc32): the same seed and stream give the same numbers. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;
  #spare = NaN;

  /** `stream` names independent sequences of one seed. */
  constructor(seed: number, stream: string) {
    this.#a = seed >>> 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) >>> 0;
    this.#c = hashText(stream);
    for (let i = 0; i < 16; i++) this.uint32();
  }

  /** Whole number of 32 bits. */
  uint32(): number {
    const sum = (this.#a + this.#b | 0) + this.#d | 0;
    this.#d = this.#d + 1 | 0;
    this.#a = this.#b ^ this.#b >>> 9;
    this.#b = this.#c + (this.#c << 3) | 0;
    this.#c = (this.#c << 21 | this.#c >>> 11) + sum | 0;
    return sum >>> 0;
  }

  /** Uniform in [0, 1). */
  unit(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** Whole number in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.unit() * bound);
  }

  /** Exponential with mean 1. */
  exponential(): number {
    return -Math.log(1 - this.unit());
  }

  /** Standard normal (polar method). */
  normal(): number {
    if (!Number.isNaN(this.#spare)) {
      const spare = this.#spare;
      this.#spare = NaN;
      return spare;
    }
    let x = 0;
    let y = 0;
    let square = 0;
    do {
      x = 2 * this.unit() - 1;
      y = 2 * this.unit() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const factor = Math.sqrt(-2 * Math.log(square) / square);
    this.#spare = y * factor;
    return x * factor;
  }

  /** Lower-case hexadecimal text of `digits` digits. */
  hex(digits: number): string {
    let text = "";
    while (text.length < digits) text += this.uint32().toString(16).padStart(8, "0");
    return text.slice(0, digits);
  }

  /** Text in UUID format. */
  uuid(): string {
    const hex = this.hex(32);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${
      hex.slice(20)
    }`;
  }
}
