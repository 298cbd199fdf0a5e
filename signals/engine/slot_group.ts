import type { BuilderSlot } from "./builder_slot.ts";

/** Builders that instances have in common: moved on and looked at once a record, however many ask. */
export class SlotGroup {
  /** Each builder once. */
  readonly slots: readonly BuilderSlot[];
  #readyTurn = -1;

  constructor(slots: readonly BuilderSlot[]) {
    this.slots = slots;
  }

  /** Whether these are its builders. */
  isOf(slots: readonly BuilderSlot[]): boolean {
    return slots.length === this.slots.length && slots.every((slot, i) => slot === this.slots[i]);
  }

  /** Moves all on to a time, and says whether all are valid and warm; `turn` rises with each change of any. */
  isReady(nowUs: number, turn: number): boolean {
    if (this.#readyTurn === turn) return true;
    const { slots } = this;
    for (let i = 0; i < slots.length; i++) slots[i]?.advance(nowUs);
    for (let i = 0; i < slots.length; i++) {
      if (slots[i]?.isReady(nowUs) !== true) return false;
    }
    this.#readyTurn = turn;
    return true;
  }
}
