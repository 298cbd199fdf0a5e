/** Growing list of integers below 2^32; `clear` keeps its memory for reuse. */
export class Uint32List {
  length = 0;
  #items = new Uint32Array(1024);

  /** A view of the content; valid until the next push. */
  get items(): Uint32Array<ArrayBuffer> {
    return this.#items.subarray(0, this.length);
  }

  push(value: number): void {
    if (this.length === this.#items.length) {
      const larger = new Uint32Array(this.length * 2);
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items[this.length++] = value;
  }

  clear(): void {
    this.length = 0;
  }
}

/** Growing list of doubles; `clear` keeps its memory for reuse. */
export class DoubleList {
  length = 0;
  #items = new Float64Array(1024);

  /** A view of the content; valid until the next push. */
  get items(): Float64Array<ArrayBuffer> {
    return this.#items.subarray(0, this.length);
  }

  push(value: number): void {
    if (this.length === this.#items.length) {
      const larger = new Float64Array(this.length * 2);
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items[this.length++] = value;
  }

  clear(): void {
    this.length = 0;
  }
}
