import type { ClockWatch } from "./clock_watch.ts";

/** Tells, in the lines of each connection, when its times begin and cease to be suspect. */
export class ClockNews {
  #event: (slot: number, name: string, why: string, fromUs: number) => void;
  /** Slot → since when its times are suspect, µs. */
  #suspect = new Map<number, number>();

  /** `event` puts a line into a connection's. */
  constructor(event: (slot: number, name: string, why: string, fromUs: number) => void) {
    this.#event = event;
  }

  /** The last run left the times of a slot suspect, and told it. */
  resume(slot: number, fromUs: number): void {
    this.#suspect.set(slot, fromUs);
  }

  /** The clock was asked at `atUs`. A source that does not say changes nothing that was told. */
  tell(slots: Iterable<number>, { current, goodUs }: ClockWatch, atUs: number): void {
    for (const slot of slots) {
      const fromUs = this.#suspect.get(slot);
      if (current.status === "unsynchronized" && fromUs === undefined) {
        const sinceUs = goodUs ?? atUs;
        this.#suspect.set(slot, sinceUs);
        this.#event(slot, "clock", current.why ?? "", sinceUs);
      } else if (current.status === "synchronized" && fromUs !== undefined) {
        this.#suspect.delete(slot);
        this.#event(slot, "clock_good", "the clock is synchronized", fromUs);
      }
    }
  }
}
