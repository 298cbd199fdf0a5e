/** State of one connection to the venue. */
export interface VenueConnection {
  /** Number in the run, from 1. */
  connectionIndex: number;
  /** `connecting`: the first try, or the next after a loss. `refused`: it could not be opened. */
  state: "connecting" | "live" | "lost" | "refused";
  /** Why it is not live; "" = live, or not tried yet. */
  why: string;
  /** Time of the next try, ms since 1970; 0 = now, or it is open. */
  nextTryMs: number;
}

/** States of a connector's venue connections. */
export class ConnectionStates {
  #byConnection: Map<number, VenueConnection>;

  /** All start as `connecting`. */
  constructor(connectionIndexes: readonly number[]) {
    this.#byConnection = new Map(
      connectionIndexes.map((
        connectionIndex,
      ) => [connectionIndex, { connectionIndex, state: "connecting", why: "", nextTryMs: 0 }]),
    );
  }

  /** Adds a connection that is not open yet. */
  add(connectionIndex: number): void {
    const state = { connectionIndex, state: "connecting", why: "", nextTryMs: 0 } as const;
    this.#byConnection.set(connectionIndex, state);
  }

  /** Removes a connection that was closed for good. */
  remove(connectionIndex: number): void {
    this.#byConnection.delete(connectionIndex);
  }

  /** Marks a connection as live. */
  opened(connectionIndex: number): void {
    this.#byConnection.set(connectionIndex, {
      connectionIndex,
      state: "live",
      why: "",
      nextTryMs: 0,
    });
  }

  /** Marks a connection as lost or refused; returns whether state or reason changed. */
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

  isOpen(connectionIndex: number): boolean {
    return this.#byConnection.get(connectionIndex)?.state === "live";
  }

  /** Number of open connections. */
  get open(): number {
    return this.list().filter(({ state }) => state === "live").length;
  }

  /** Why the venue cannot be reached, with the time to the next try; "" = no failed try. */
  get problem(): string {
    const failed = this.list().find(({ why }) => why !== "");
    if (failed === undefined) return "";
    const seconds = Math.max(0, Math.ceil((failed.nextTryMs - Date.now()) / 1000));
    return `${failed.why} (next try in ${seconds} s)`;
  }

  /** Returns all states in the order of creation. */
  list(): VenueConnection[] {
    return [...this.#byConnection.values()];
  }
}
