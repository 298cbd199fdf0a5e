import { parsePosition } from "@ssmd/archive";

/**
 * A message of the run by its line and index. Numbers, as to keep each message's id costs more: its
 * text is new and this object old, so V8 has to note the reference.
 */
export class MessagePosition {
  /** 0 = none. */
  #line = 0;
  #index = 0;

  set(line: number, index: number): void {
    this.#line = line;
    this.#index = index;
  }

  /** Sets the position that an id of the run has. */
  setId(id: string): void {
    const { frame = 0, index = 0 } = parsePosition(id) ?? {};
    this.set(frame, index);
  }

  /** Its id; "" = none. */
  idOf(run: string): string {
    return this.#line === 0 ? "" : `${run}-${this.#line}-${this.#index}`;
  }

  /** Returns its id, and forgets it. */
  take(run: string): string {
    const id = this.idOf(run);
    this.#line = 0;
    return id;
  }
}
