import { ALL_SYMBOLS, isBreak, type MarketEvent } from "@ssmd/market";

/** Up to when a connection is known to have missed nothing. */
export interface GoodTime {
  /** Its last line, or the start of a break that no data has ended yet; µs, 0 = it has no line. */
  goodUs: number;
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
export class GoodTimes {
  #bySlot = new Map<number, GoodTime>();

  /** Goes on from what was known of the slots. */
  constructor(known: Iterable<readonly [slot: number, time: GoodTime]> = []) {
    for (const [slot, time] of known) this.#bySlot.set(slot, { ...time });
  }

  /** What is known of a slot. */
  of(slot: number): GoodTime {
    let time = this.#bySlot.get(slot);
    if (!time) this.#bySlot.set(slot, time = { goodUs: 0, lost: false });
    return time;
  }

  /** A line came. A `stop` says nothing of what was on its way: the line before it counts. */
  line(slot: number, atUs: number, isStop: boolean): void {
    const time = this.of(slot);
    if (!time.lost && !isStop) time.goodUs = atUs;
  }

  /** A record that a line gave, after the line itself. */
  record(slot: number, event: MarketEvent): void {
    if (event.type !== "gap" || event.symbol !== ALL_SYMBOLS) return;
    if (event.reason === "clock") this.setSuspect(slot, event.recovered ? undefined : event.fromUs);
    if (!isBreak(event)) return;
    const time = this.of(slot);
    time.lost = !event.recovered;
    time.planned = time.lost && event.reason === "planned";
    time.goodUs = event.recovered ? event.toUs : event.fromUs;
  }

  /** Times of a slot are suspect since `fromUs`; undefined = no more. */
  setSuspect(slot: number, fromUs: number | undefined): void {
    const time = this.of(slot);
    if (fromUs === undefined) delete time.clockUs;
    else time.clockUs = fromUs;
  }

  /** The slots whose times are suspect, and since when, µs. */
  suspectBySlot(): Record<string, number> {
    const entries = [...this.#bySlot].flatMap(([slot, { clockUs }]) =>
      clockUs === undefined ? [] : [[slot, clockUs] as const]
    );
    return Object.fromEntries(entries);
  }

  /** The slots of which an end on purpose now would be nothing but planned. */
  plannedSlots(): number[] {
    return [...this.#bySlot].filter(([, { lost, planned }]) => !lost || planned === true)
      .map(([slot]) => slot);
  }

  /** The slots that have a line, with their times in µs. */
  bySlot(): Record<string, number> {
    const entries = [...this.#bySlot].filter(([, { goodUs }]) => goodUs > 0);
    return Object.fromEntries(entries.map(([slot, { goodUs }]) => [slot, goodUs]));
  }
}
