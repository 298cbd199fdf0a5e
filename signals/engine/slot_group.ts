import type { BuilderSlot } from "./builder_slot.ts";

/** Builders that several instances share; advanced and checked once per record. */
export class SlotGroup {
  /** Builders, each once. */
  readonly slots: readonly BuilderSlot[];
  #readyTurn = -1;

  constructor(slots: readonly BuilderSlot[]) {
    this.slots = slots;
  }

  /** Returns whether the group has exactly these builders. */
  isOf(slots: readonly BuilderSlot[]): boolean {
    return slots.length === this.slots.length && slots.every((slot, i) => slot === this.slots[i]);
  }

  /** Advances all builders and returns whether all are ready; `turn` increases with each change. */
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
