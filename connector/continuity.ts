import { type CapturedLine, isSignOfLife, type ScannedLine } from "@ssmd/exchanges";
import { ALL_SYMBOLS, isBreak, type MarketEvent } from "@ssmd/market";

/** Up to when a connection is known to have missed nothing. */
export interface ConnectionContinuity {
  /** Its last line that is a sign of life, or the start of a break that no data has ended yet; µs, 0 = it has no line. */
  lastGoodAtUs: number;
  /** Whether such a break is open. */
  lost: boolean;
  /** Whether that break is a stop on purpose and nothing more; absent = no. */
  planned?: boolean;
  /** Since when its times are suspect, µs; absent = they are not. */
  clockUs?: number;
}

/**
 * Knows of each connection since when data may be missing if the process ended now: what the next
 * run says in its first gap.
 */
export class Continuity {
  #byConnection = new Map<number, ConnectionContinuity>();

  /** Goes on from what was known of the connectionIndexes. */
  constructor(
    known: Iterable<readonly [connectionIndex: number, time: ConnectionContinuity]> = [],
  ) {
    for (const [connectionIndex, time] of known) {
      this.#byConnection.set(connectionIndex, { ...time });
    }
  }

  /** What is known of a connectionIndex. */
  of(connectionIndex: number): ConnectionContinuity {
    let time = this.#byConnection.get(connectionIndex);
    if (!time) this.#byConnection.set(connectionIndex, time = { lastGoodAtUs: 0, lost: false });
    return time;
  }

  /** A line came. One that is no sign of life says nothing of what was on its way. */
  line(connectionIndex: number, line: CapturedLine | ScannedLine): void {
    const time = this.of(connectionIndex);
    if (!time.lost && isSignOfLife(line)) time.lastGoodAtUs = line.atUs;
  }

  /** A record that a line gave, after the line itself. */
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

  /** Times of a connectionIndex are suspect since `fromUs`; undefined = no more. */
  setSuspect(connectionIndex: number, fromUs: number | undefined): void {
    const time = this.of(connectionIndex);
    if (fromUs === undefined) delete time.clockUs;
    else time.clockUs = fromUs;
  }

  /** The connectionIndexes whose times are suspect, and since when, µs. */
  suspectByConnection(): Record<string, number> {
    const entries = [...this.#byConnection].flatMap(([connectionIndex, { clockUs }]) =>
      clockUs === undefined ? [] : [[connectionIndex, clockUs] as const]
    );
    return Object.fromEntries(entries);
  }

  /** The connectionIndexes of which an end on purpose now would be nothing but planned. */
  plannedConnections(): number[] {
    return [...this.#byConnection].filter(([, { lost, planned }]) => !lost || planned === true)
      .map(([connectionIndex]) => connectionIndex);
  }

  /** A connection was closed for good: nothing is missed of it. */
  forget(connectionIndex: number): void {
    this.#byConnection.delete(connectionIndex);
  }

  /** The connectionIndexes that have a line, with their times in µs. */
  byConnection(): Record<string, number> {
    const entries = [...this.#byConnection].filter(([, { lastGoodAtUs }]) => lastGoodAtUs > 0);
    return Object.fromEntries(
      entries.map(([connectionIndex, { lastGoodAtUs }]) => [connectionIndex, lastGoodAtUs]),
    );
  }
}
