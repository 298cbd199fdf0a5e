import {
  type CapturedLine,
  type FrameInLine,
  isSignOfLife,
  type ScannedLine,
} from "@ssmd/exchanges";
import { ALL_SYMBOLS, isBreak, type MarketEvent } from "@ssmd/market";

/** Last time up to which the connection's data is complete. */
export interface ConnectionContinuity {
  /** Its last sign of life, or start of a break that no data has ended; µs, 0 = no line. */
  lastGoodAtUs: number;
  /** Whether a break is open. */
  lost: boolean;
  /** Whether the open break is only a planned stop; absent = no. */
  planned?: boolean;
  /** Start of suspect times, µs; absent = not suspect. */
  clockUs?: number;
}

/**
 * Tracks per connection the start of the gap that the next run would report if the process ended
 * now.
 */
export class Continuity {
  #byConnection = new Map<number, ConnectionContinuity>();

  /** Starts from the known state of connections. */
  constructor(
    known: Iterable<readonly [connectionIndex: number, time: ConnectionContinuity]> = [],
  ) {
    for (const [connectionIndex, time] of known) {
      this.#byConnection.set(connectionIndex, { ...time });
    }
  }

  /** Returns the state of a connectionIndex. */
  of(connectionIndex: number): ConnectionContinuity {
    let time = this.#byConnection.get(connectionIndex);
    if (!time) this.#byConnection.set(connectionIndex, time = { lastGoodAtUs: 0, lost: false });
    return time;
  }

  /** Applies a line. One that is no sign of life proves nothing about earlier data. */
  line(connectionIndex: number, line: CapturedLine | FrameInLine | ScannedLine): void {
    const time = this.of(connectionIndex);
    if (!time.lost && isSignOfLife(line)) time.lastGoodAtUs = line.atUs;
  }

  /** Applies a record of a line; call it after `line`. */
  record(connectionIndex: number, event: MarketEvent): void {
    if (event.type !== "gap" || event.symbol !== ALL_SYMBOLS) return;
    if (event.reason === "clock") {
      this.setSuspect(connectionIndex, event.recovered ? undefined : event.fromUs);
    }
    if (!isBreak(event)) return;
    const time = this.of(connectionIndex);
    time.lost = !event.recovered;
    time.planned = time.lost && event.reason === "planned";
    time.lastGoodAtUs = event.recovered ? event.toUs : event.fromUs;
  }

  /** Sets the start of suspect times, µs; undefined = times are trusted again. */
  setSuspect(connectionIndex: number, fromUs: number | undefined): void {
    const time = this.of(connectionIndex);
    if (fromUs === undefined) delete time.clockUs;
    else time.clockUs = fromUs;
  }

  /** Returns the start of suspect times by connectionIndex, µs. */
  suspectByConnection(): Record<string, number> {
    const entries = [...this.#byConnection].flatMap(([connectionIndex, { clockUs }]) =>
      clockUs === undefined ? [] : [[connectionIndex, clockUs] as const]
    );
    return Object.fromEntries(entries);
  }

  /** Returns the connectionIndexes for which a planned stop now would leave only a planned gap. */
  plannedConnections(): number[] {
    return [...this.#byConnection].filter(([, { lost, planned }]) => !lost || planned === true)
      .map(([connectionIndex]) => connectionIndex);
  }

  /** Drops a connection that was closed for good. */
  forget(connectionIndex: number): void {
    this.#byConnection.delete(connectionIndex);
  }

  /** Returns `lastGoodAtUs` by connectionIndex, of those that have a line. */
  byConnection(): Record<string, number> {
    const entries = [...this.#byConnection].filter(([, { lastGoodAtUs }]) => lastGoodAtUs > 0);
    return Object.fromEntries(
      entries.map(([connectionIndex, { lastGoodAtUs }]) => [connectionIndex, lastGoodAtUs]),
    );
  }
}
