import {
  type Gap,
  isBreak,
  type MarketEvent,
  recordKind,
  recoveredGap,
  type RunTurn,
  tradeName,
  TURN_OVERLAP_US,
} from "@ssmd/market";

const NONE: ReadonlySet<string> = new Set();
const BOOKS = "orderbook ";

/**
 * Which records of a connection are those of its feed, where several connectors capture it: all of the
 * run's turns, but for trades that another run has told, and the trades that it has not told from
 * shortly before. A function of the turns and of the lines' times.
 */
export class TurnFilter {
  #turns: readonly RunTurn[];
  #connection: number;
  #published: readonly ReadonlySet<string>[];
  /** By turn: behind it no cut counts, µs. */
  #cutsEndUs: readonly number[];
  /** What is open now, told or not, by what names it. */
  #open = new Map<string, Gap>();

  /** Of a connection, with what was open where it goes on. */
  constructor(turns: readonly RunTurn[], connection: number, open: readonly Gap[]) {
    this.#turns = turns;
    this.#connection = connection;
    this.#published = turns.map(({ told }) => new Set(told?.trades));
    this.#cutsEndUs = turns.map(({ cuts = {} }) => Math.max(0, ...Object.values(cuts)));
    for (const gap of open) this.#open.set(nameOf(gap), gap);
  }

  /** What is open now, told or not. */
  get open(): Gap[] {
    return [...this.#open.values()];
  }

  /** Whether what a line of `atUs` gives is the feed's; `sequence` is the number that it would have. */
  tellsAt(atUs: number, sequence: number): boolean {
    const turn = this.#turns[this.#indexAt(atUs)];
    return turn !== undefined && !this.#isOver(turn, atUs, sequence);
  }

  /** The turn that begins with a line of `atUs` after one of `lastUs` (0 = none). */
  beginning(lastUs: number, atUs: number): RunTurn | undefined {
    const turn = this.#turns[this.#indexAt(atUs)];
    if (turn === undefined || (lastUs > 0 && lastUs >= turn.fromUs)) return undefined;
    return this.#isOver(turn, atUs, Infinity) ? undefined : turn;
  }

  /** The markets whose books begin with a line of `atUs` after one of `lastUs`, later than the turn. */
  booksDue(lastUs: number, atUs: number): ReadonlySet<string> {
    const index = this.#indexAt(atUs);
    const { cuts = {} } = this.#turns[index] ?? {};
    if (lastUs > (this.#cutsEndUs[index] ?? 0)) return NONE;
    const due = Object.entries(cuts).filter(([kind, cutUs]) =>
      kind.startsWith(BOOKS) && lastUs <= cutUs && cutUs < atUs
    );
    return new Set(due.map(([kind]) => kind.slice(BOOKS.length)));
  }

  /** What is to be said first in a turn of what others and this one have left open. */
  openNews({ gaps = [] }: RunTurn, atUs: number): MarketEvent[] {
    const closed = this.#connection === 1 ? gaps.map((gap) => recoveredGap(gap, atUs)) : [];
    return [...closed, ...this.open.map((gap) => ({ ...gap, receivedAtUs: atUs }))];
  }

  /** Whether a record is told; `sequence` is the number that it would have. */
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
      atUs >= next.fromUs - TURN_OVERLAP_US && !this.#isKnown(event, index + 1);
  }

  /** A record was made, told or not. */
  note(event: MarketEvent): void {
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

  /** The last turn that began by then; -1 = none. */
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
