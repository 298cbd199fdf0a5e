import type { ColumnValue } from "../columns.ts";
import { ByteBuffer } from "./byte_buffer.ts";
import { DoubleBounds } from "./double_bounds.ts";
import { type ColumnBuffer, type EncodedColumn, PLAIN } from "./encoded_column.ts";
import { Levels } from "./levels.ts";

/** Lists of doubles: levels tell where a list begins and which are empty. */
export class ListBuffer implements ColumnBuffer {
  #goesOn = new Levels();
  #isThere = new Levels();
  #values = new ByteBuffer();
  #page = new ByteBuffer();
  #scratch = new ByteBuffer();
  #bounds = new DoubleBounds();

  add(value: ColumnValue): void {
    const list = value as readonly number[];
    if (list.length === 0) {
      this.#goesOn.add(0);
      this.#isThere.add(0);
    }
    for (let i = 0; i < list.length; i++) {
      this.#goesOn.add(i === 0 ? 0 : 1);
      this.#isThere.add(1);
      this.#values.float64(list[i] as number);
      this.#bounds.add(list[i] as number);
    }
  }

  take(): EncodedColumn {
    const count = this.#goesOn.length;
    const nulls = count - this.#values.length / 8;
    this.#page.clear();
    this.#goesOn.writeTo(this.#page, this.#scratch);
    this.#isThere.writeTo(this.#page, this.#scratch);
    this.#page.bytes(this.#values.written);
    this.#values.clear();
    const bounds = this.#bounds.take();
    const page = this.#page.written;
    return { count, nulls, page, encoding: PLAIN, ...(bounds === undefined ? {} : { bounds }) };
  }
}
