/** Where a connection to the venue stands. */
export interface VenueConnection {
  /** Number in the run, from 1. */
  connectionIndex: number;
  /** `connecting`: the first try, or the next after a loss. `refused`: it could not be opened. */
  state: "connecting" | "live" | "lost" | "refused";
  /** Why it is not live; "" = it is, or was not tried yet. */
  why: string;
  /** When it is tried next, ms since 1970; 0 = now, or it is open. */
  nextTryMs: number;
}

/** The connections of a connector. */
export class ConnectionStates {
  #byConnection: Map<number, VenueConnection>;

  /** None of the connectionIndexes is open. */
  constructor(connectionIndexes: readonly number[]) {
    this.#byConnection = new Map(
      connectionIndexes.map((
        connectionIndex,
      ) => [connectionIndex, { connectionIndex, state: "connecting", why: "", nextTryMs: 0 }]),
    );
  }

  /** A connection is added, and not open yet. */
  add(connectionIndex: number): void {
    const state = { connectionIndex, state: "connecting", why: "", nextTryMs: 0 } as const;
    this.#byConnection.set(connectionIndex, state);
  }

  /** A connection was closed for good. */
  remove(connectionIndex: number): void {
    this.#byConnection.delete(connectionIndex);
  }

  /** A connection is open. */
  opened(connectionIndex: number): void {
    this.#byConnection.set(connectionIndex, {
      connectionIndex,
      state: "live",
      why: "",
      nextTryMs: 0,
    });
  }

  /** A connection is not open (any more); whether the reason is another than before. */
  closed(
    connectionIndex: number,
    why: string,
    { wasOpen, retryMs }: { wasOpen: boolean; retryMs: number },
  ): boolean {
    const before = this.#byConnection.get(connectionIndex);
    const state = wasOpen ? "lost" : "refused";
    this.#byConnection.set(connectionIndex, {
      connectionIndex,
      state,
      why,
      nextTryMs: Date.now() + Math.round(retryMs),
    });
    return before?.why !== why || before.state !== state;
  }

  /** Whether a connection is open. */
  isOpen(connectionIndex: number): boolean {
    return this.#byConnection.get(connectionIndex)?.state === "live";
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

  /** All of them, by connectionIndex. */
  list(): VenueConnection[] {
    return [...this.#byConnection.values()];
  }
}
