/** Growing list of integers below 2^32; `clear` keeps its memory for reuse. */
export class Uint32List {
  length = 0;
  #items = new Uint32Array(1024);

  /** A view of the content; valid until the next push. */
  get items(): Uint32Array<ArrayBuffer> {
    return this.#items.subarray(0, this.length);
  }

  /** Returns the item with an index; undefined beyond the end. */
  at(index: number): number | undefined {
    return index < this.length ? this.#items[index] : undefined;
  }

  push(value: number): void {
    if (this.length === this.#items.length) this.#grow(1);
    this.#items[this.length++] = value;
  }

  /** Adds items that the caller sets before the next push. */
  more(count: number): Uint32Array<ArrayBuffer> {
    const first = this.length;
    if (first + count > this.#items.length) this.#grow(count);
    this.length += count;
    return this.#items.subarray(first, this.length);
  }

  #grow(more: number): void {
    const larger = new Uint32Array(Math.max(this.length + more, this.length * 2));
    larger.set(this.items);
    this.#items = larger;
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
    if (this.length === this.#items.length) this.#grow(1);
    this.#items[this.length++] = value;
  }

  /** Adds items that the caller sets before the next push. */
  more(count: number): Float64Array<ArrayBuffer> {
    const first = this.length;
    if (first + count > this.#items.length) this.#grow(count);
    this.length += count;
    return this.#items.subarray(first, this.length);
  }

  pushAll(values: Float64Array): void {
    if (this.length + values.length > this.#items.length) this.#grow(values.length);
    this.#items.set(values, this.length);
    this.length += values.length;
  }

  #grow(more: number): void {
    const larger = new Float64Array(Math.max(this.length + more, this.length * 2));
    larger.set(this.items);
    this.#items = larger;
  }

  clear(): void {
    this.length = 0;
  }
}
