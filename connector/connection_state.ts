/** Where a connection to the venue stands. */
export interface VenueConnection {
  /** Number in the run, from 1. */
  slot: number;
  /** `connecting`: the first try, or the next after a loss. `refused`: it could not be opened. */
  state: "connecting" | "live" | "lost" | "refused";
  /** Why it is not live; "" = it is, or was not tried yet. */
  why: string;
  /** When it is tried next, ms since 1970; 0 = now, or it is open. */
  nextTryMs: number;
}

/** The connections of a connector. */
export class ConnectionStates {
  #bySlot: Map<number, VenueConnection>;

  /** None of the slots is open. */
  constructor(slots: readonly number[]) {
    this.#bySlot = new Map(
      slots.map((slot) => [slot, { slot, state: "connecting", why: "", nextTryMs: 0 }]),
    );
  }

  /** A connection is open. */
  opened(slot: number): void {
    this.#bySlot.set(slot, { slot, state: "live", why: "", nextTryMs: 0 });
  }

  /** A connection is not open (any more); whether the reason is another than before. */
  closed(slot: number, why: string, wasOpen: boolean, retryMs: number): boolean {
    const before = this.#bySlot.get(slot);
    const state = wasOpen ? "lost" : "refused";
    this.#bySlot.set(slot, { slot, state, why, nextTryMs: Date.now() + Math.round(retryMs) });
    return before?.why !== why || before.state !== state;
  }

  /** Whether a connection is open. */
  isOpen(slot: number): boolean {
    return this.#bySlot.get(slot)?.state === "live";
  }

  /** How many are open. */
  get open(): number {
    return this.list().filter(({ state }) => state === "live").length;
  }

  /** Why the venue cannot be reached, and when it is tried next; "" = no try has failed. */
  get problem(): string {
    const failed = this.list().find(({ why }) => why !== "");
    if (failed === undefined) return "";
    const seconds = Math.max(0, Math.ceil((failed.nextTryMs - Date.now()) / 1000));
    return `${failed.why} (next try in ${seconds} s)`;
  }

  /** All of them, by slot. */
  list(): VenueConnection[] {
    return [...this.#bySlot.values()];
  }
}
