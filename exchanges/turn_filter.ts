import {
  type Gap,
  isBreak,
  type MarketEvent,
  recordKind,
  recoveredGap,
  type RunTurn,
  tradeName,
  tradesFromUs,
} from "@ssmd/market";
import type { Normalized } from "./adapter.ts";

const NONE: ReadonlySet<string> = new Set();
const BOOKS = "orderbook ";

/**
 * Selects the records that a connection publishes where several connectors capture its feed: all in
 * its run's turns, except trades that another run has published, plus trades from shortly before
 * that it has not. A pure function of the turns and of the lines' times.
 */
export class TurnFilter {
  #turns: readonly RunTurn[];
  #connection: number;
  #published: readonly ReadonlySet<string>[];
  /** By turn: time after which no cut applies, µs. */
  #cutsEndUs: readonly number[];
  /** Open gaps, published or not, by identifying name. */
  #open = new Map<string, Gap>();

  /** Creates the filter of a connection, with the gaps open at its start. */
  constructor(turns: readonly RunTurn[], connection: number, open: readonly Gap[]) {
    this.#turns = turns;
    this.#connection = connection;
    this.#published = turns.map(({ told }) => new Set(told?.trades));
    this.#cutsEndUs = turns.map(({ cuts = {} }) => Math.max(0, ...Object.values(cuts)));
    for (const gap of open) this.#open.set(nameOf(gap), gap);
  }

  /** The run's turns. */
  get turns(): readonly RunTurn[] {
    return this.#turns;
  }

  /** Open gaps, published or not. */
  get open(): Gap[] {
    return [...this.#open.values()];
  }

  /** Whether the records of a line at `atUs` are published; `sequence` = the number they would have. */
  tellsAt(atUs: number, sequence: number): boolean {
    const turn = this.#turns[this.#indexAt(atUs)];
    return turn !== undefined && !this.#isOver(turn, atUs, sequence);
  }

  /** Turn that begins with a line at `atUs` after one at `lastUs` (0 = none). */
  beginning(lastUs: number, atUs: number): RunTurn | undefined {
    const turn = this.#turns[this.#indexAt(atUs)];
    if (turn === undefined || (lastUs > 0 && lastUs >= turn.fromUs)) return undefined;
    return this.#isOver(turn, atUs, Infinity) ? undefined : turn;
  }

  /** Markets whose books begin with a line at `atUs` after one at `lastUs`, later than the turn. */
  booksDue(lastUs: number, atUs: number): ReadonlySet<string> {
    const index = this.#indexAt(atUs);
    const { cuts = {} } = this.#turns[index] ?? {};
    if (lastUs > (this.#cutsEndUs[index] ?? 0)) return NONE;
    const due = Object.entries(cuts).filter(([kind, cutUs]) =>
      kind.startsWith(BOOKS) && lastUs <= cutUs && cutUs < atUs
    );
    return new Set(due.map(([kind]) => kind.slice(BOOKS.length)));
  }

  /** First records of a turn: gaps that other runs and this one have left open. */
  openNews({ gaps = [] }: RunTurn, atUs: number): MarketEvent[] {
    const closed = this.#connection === 1 ? gaps.map((gap) => recoveredGap(gap, atUs)) : [];
    return [...closed, ...this.open.map((gap) => ({ ...gap, receivedAtUs: atUs }))];
  }

  /** Whether a record is published; `sequence` = the number it would have. */
  isPublished(event: MarketEvent, atUs: number, sequence: number): boolean {
    const index = this.#indexAt(atUs);
    const turn = this.#turns[index];
    if (turn !== undefined && !this.#isOver(turn, atUs, sequence)) {
      if (isReleased(turn, event, atUs)) return false;
      if (event.type === "trade") return !this.#isKnown(event, index);
      if (atUs > (this.#cutsEndUs[index] ?? 0)) return true;
      return atUs > (turn.cuts?.[recordKind(event)] ?? 0);
    }
    const next = this.#turns[index + 1];
    return event.type === "trade" && next?.told !== undefined && !isReleased(next, event, atUs) &&
      atUs >= tradesFromUs(next) && !this.#isKnown(event, index + 1);
  }

  /** Withholds records that another run publishes; `sequence` = the number of the first published. */
  select(result: Normalized, atUs: number, sequence: number): void {
    const published: MarketEvent[] = [];
    const untold: MarketEvent[] = [];
    for (const event of result.events) {
      this.#note(event);
      const isReported = this.isPublished(event, atUs, sequence + published.length);
      (isReported ? published : untold).push(event);
    }
    result.events = published;
    result.untold = untold;
  }

  /** Tracks the gaps among the records, published or not. */
  #note(event: MarketEvent): void {
    if (event.type !== "gap") return;
    if (event.recovered) this.#open.delete(nameOf(event));
    else if (event.toUs === 0) this.#open.set(nameOf(event), { ...event });
  }

  #isKnown(trade: Extract<MarketEvent, { type: "trade" }>, index: number): boolean {
    const published = this.#turns[index]?.told;
    if (published === undefined) return false;
    return (trade.timestampUs > 0 && trade.timestampUs < published.fromUs) ||
      this.#published[index]?.has(tradeName(trade)) === true;
  }

  /** Index of the last turn that began by then; -1 = none. */
  #indexAt(atUs: number): number {
    let index = this.#turns.length - 1;
    while (index >= 0 && (this.#turns[index]?.fromUs ?? 0) > atUs) index--;
    return index;
  }

  #isOver({ end }: RunTurn, atUs: number, sequence: number): boolean {
    if (end === undefined || atUs < end.atUs) return false;
    return atUs > end.atUs || (end.connection === this.#connection && sequence > end.sequence);
  }
}

function isReleased({ released }: RunTurn, { symbol }: MarketEvent, atUs: number): boolean {
  return released !== undefined && atUs <= released.untilUs && released.symbols.includes(symbol);
}

function nameOf(gap: Gap): string {
  const kind = isBreak(gap) ? "break" : gap.reason;
  return `${gap.symbol} ${gap.channel} ${kind} ${gap.fromUs}`;
}
