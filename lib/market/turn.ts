import type { EventType, Gap, Trade } from "./event.ts";

/** The last record of a feed that a run has told before another one took over. */
export interface TurnEnd {
  run: string;
  /** Number of its connection. */
  connection: number;
  /** Its receivedAt, µs; before the turn's begin = it has told nothing. */
  atUs: number;
  /** Its number. */
  sequence: number;
  /** `fromUs` of the turn that it ends; absent in those of former versions. */
  turnFromUs?: number;
  /** Up to when that run had missed nothing, where it gave its turn away, µs. */
  lastGoodAtUs?: number;
}

/**
 * A stretch in which the records of one run are those of its feed: of several connectors that capture
 * a feed one at a time tells what it gets. A turn ends where another run's begins `after` it.
 */
export interface Turn {
  run: string;
  /** Its first line is the first one from here on, µs by the run's own clock; 0 = the run's first. */
  fromUs: number;
  /** Where the run before it ended; absent = none is known, or its rest lies in the same spool. */
  after?: TurnEnd;
  /** Whether lines that came between the two are missing. */
  isLate?: boolean;
  /** Trades around the begin that were told before, by the venue's time and the trades' names. */
  // deno-lint-ignore ssmd/words -- it bears this name in the turns that are stored
  told?: { fromUs: number; trades: readonly string[] };
  /**
   * By {@linkcode recordKind}: the last line, µs by the run's own clock, of which the other one has told
   * the record; absent = it is before `fromUs`.
   */
  cuts?: Readonly<Record<string, number>>;
  /** Symbols that another shard had when it began: nothing of them up to a line, µs by the run's clock. */
  released?: { symbols: readonly string[]; untilUs: number };
  /** What was open when the other one ended. */
  gaps?: readonly Gap[];
  /** It is given away: up to here its run has missed nothing, µs by its own clock. */
  lastGoodAtUs?: number;
}

/** A turn of a known run, and where it ended; absent = it goes on. */
export interface RunTurn extends Turn {
  end?: TurnEnd;
}

/** Before its begin a turn tells trades that the other one has not told, µs: no two clocks are alike. */
export const TURN_OVERLAP_US = 10_000_000;

/** What makes a trade the same one in two captures. */
export function tradeName({ symbol, tradeId }: Pick<Trade, "symbol" | "tradeId">): string {
  return `${symbol} ${tradeId}`;
}

/** What of a market a record is about. */
export function recordKind({ type, symbol }: { type: EventType; symbol: string }): string {
  return `${type} ${symbol}`;
}

/** The turns of a run, oldest first, with their ends. */
export function turnsOf(run: string, turns: readonly Turn[]): RunTurn[] {
  const ends = turns.flatMap(({ after }) => after?.run === run ? [after] : [])
    .sort((a, b) => a.atUs - b.atUs);
  const own = turns.filter((turn) => turn.run === run).sort((a, b) => a.fromUs - b.fromUs);
  return own.map((turn, i) => {
    const nextUs = own[i + 1]?.fromUs ?? Infinity;
    // A turn in which nothing was told ends before it begins.
    const end = ends.find(({ turnFromUs, atUs }) =>
      turnFromUs === undefined
        ? atUs >= turn.fromUs - 1 && atUs < nextUs - 1
        : turnFromUs === turn.fromUs
    );
    return end === undefined ? turn : { ...turn, end };
  });
}

/** Two lists of turns as one, each turn once: the one that says more. */
export function joinedTurns(a: readonly Turn[], b: readonly Turn[]): Turn[] {
  const joined = new Map<string, Turn>();
  for (const turn of [...a, ...b]) {
    const name = `${turn.run} ${turn.fromUs}`;
    const known = joined.get(name);
    if (known === undefined || known.told === undefined) joined.set(name, turn);
  }
  return [...joined.values()];
}

/** The turns that several manifests name. */
export function allTurns(manifests: Iterable<{ turns?: readonly Turn[] }>): Turn[] {
  let all: Turn[] = [];
  for (const { turns = [] } of manifests) all = joinedTurns(all, turns);
  return all;
}
