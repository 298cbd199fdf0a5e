import type { EventType, Gap, Trade } from "./event.ts";

/** Last record a run published for a feed before another run took over. */
export interface TurnEnd {
  run: string;
  /** Connection number of the record. */
  connection: number;
  /** Its receivedAt, µs; before the turn's start = nothing was published. */
  atUs: number;
  sequence: number;
  /** `fromUs` of the turn it ends; absent when written by earlier versions. */
  turnFromUs?: number;
  /** Time up to which that run's data is complete, if it handed over its turn, µs. */
  lastGoodAtUs?: number;
}

/**
 * Period in which one run's records are the feed's: of several connectors capturing a feed, one at
 * a time publishes it. A turn ends where another run's turn begins `after` it.
 */
export interface Turn {
  run: string;
  /** First line of the turn at or after this time, µs by the run's own clock; 0 = the run's first. */
  fromUs: number;
  /** End of the previous run's turn; absent = unknown, or its rest is in the same spool. */
  after?: TurnEnd;
  /** Earliest line of trades the previous run missed, µs; absent = {@linkcode TURN_OVERLAP_US} before. */
  tradesFromUs?: number;
  /** Whether lines between the two turns are missing. */
  isLate?: boolean;
  /** Trades already published around the start, by venue time and {@linkcode tradeName}. */
  // deno-lint-ignore ssmd/words -- it bears this name in the turns that are stored
  told?: { fromUs: number; trades: readonly string[] };
  /**
   * By {@linkcode recordKind}: last line, µs by the run's own clock, whose record the previous run
   * already published; absent = before `fromUs`.
   */
  cuts?: Readonly<Record<string, number>>;
  /** Symbols another shard had at the start: skip their lines up to `untilUs`, µs by the run's clock. */
  released?: { symbols: readonly string[]; untilUs: number };
  /** Gaps that were open when the previous turn ended. */
  gaps?: readonly Gap[];
  /** Set on handover: the run's data is complete up to here, µs by its own clock. */
  lastGoodAtUs?: number;
}

/** A turn and its end; absent `end` = still running. */
export interface RunTurn extends Turn {
  end?: TurnEnd;
}

/** Time before a turn's start in which it publishes trades the previous run missed, µs; clocks differ. */
export const TURN_OVERLAP_US = 10_000_000;

/** Earliest line whose trades a turn publishes if the previous run missed them, µs. */
export function tradesFromUs({ fromUs, tradesFromUs }: Turn): number {
  return tradesFromUs ?? fromUs - TURN_OVERLAP_US;
}

/** Key that identifies a trade across two captures; without the venue's id, its content. */
export function tradeName(trade: Trade): string {
  const { symbol, tradeId, timestampUs, side, size, price } = trade;
  return `${symbol} ${tradeId === "" ? `${timestampUs} ${side} ${size} ${price}` : tradeId}`;
}

/** Key of a record's type and market. */
export function recordKind({ type, symbol }: { type: EventType; symbol: string }): string {
  return `${type} ${symbol}`;
}

/** Returns the turns of a run with their ends, oldest first. */
export function turnsOf(run: string, turns: readonly Turn[]): RunTurn[] {
  const ends = turns.flatMap(({ after }) => after?.run === run ? [after] : [])
    .sort((a, b) => a.atUs - b.atUs);
  const own = turns.filter((turn) => turn.run === run).sort((a, b) => a.fromUs - b.fromUs);
  return own.map((turn, i) => {
    const nextUs = own[i + 1]?.fromUs ?? Infinity;
    // A turn without published records ends before it begins.
    const end = ends.find(({ turnFromUs, atUs }) =>
      turnFromUs === undefined
        ? atUs >= turn.fromUs - 1 && atUs < nextUs - 1
        : turnFromUs === turn.fromUs
    );
    return end === undefined ? turn : { ...turn, end };
  });
}

/** Merges two lists of turns; of duplicates it keeps the one with more data. */
export function joinedTurns(a: readonly Turn[], b: readonly Turn[]): Turn[] {
  const joined = new Map<string, Turn>();
  for (const turn of [...a, ...b]) {
    const name = `${turn.run} ${turn.fromUs}`;
    const known = joined.get(name);
    if (known === undefined || known.told === undefined) joined.set(name, turn);
  }
  return [...joined.values()];
}

/** Merges the turns of several manifests. */
export function allTurns(manifests: Iterable<{ turns?: readonly Turn[] }>): Turn[] {
  let all: Turn[] = [];
  for (const { turns = [] } of manifests) all = joinedTurns(all, turns);
  return all;
}
