import { joinedTurns, tradesFromUs, type Turn } from "@ssmd/market";
import {
  CellLease,
  type LeaseCell,
  type Logger,
  messageOf,
  sleep,
  systemCodeOf,
  writeFileAtomically,
} from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { StandbyBoard } from "./standby_board.ts";
import { type LastOfKind, readFeedBefore } from "./feed_before.ts";

/** Options of {@linkcode FeedTurns}. */
interface FeedTurnsOptions {
  env: string;
  feed: string;
  /** Shard whose symbols it captures; absent = the feed has no shards. */
  shard?: string | undefined;
  run: string;
  /** Spool folder; the holder of its lock succeeds the earlier runs in it. */
  dir: string;
  transport: Transport;
  logger: Logger;
  /** Called when another connector takes over although this one did not end its turn. */
  onLost: (holder: string) => void;
  /** Time without a heartbeat after which the other one counts as dead; default 6 s. */
  ttlMs?: number | undefined;
}

/** Search for the lines at which a new turn starts. */
export interface CutSearch {
  /** Start of the turn, µs. */
  fromUs: number;
  /** End of the turn before, µs. */
  endUs: number;
  /** Last records published in the turn before, by kind. */
  last: ReadonlyMap<string, LastOfKind>;
}

/** Returns by kind of record the time of the line that holds the last published record, µs. */
type FindCuts = (search: CutSearch) => Promise<Record<string, number>>;

/** Options of {@linkcode FeedTurns.take}. */
interface TakeOptions {
  /** Time from which lines of the run are available, µs; default 0, all. */
  reachUs?: number;
  /** Time from which the run has no gaps but reported ones, µs; default 0. */
  wholeUs?: number;
  /** End of this run's previous turn, µs; default 0, none. */
  ownEndUs?: number;
  findCuts?: FindCuts;
  released?: Turn["released"];
}

/** Most turns kept on the bus and in the spool folder; raw manifests keep all. */
const TURNS_MAX = 64;
const LOOK_MS = 250;
/** Two captures timestamp the same frame differently; a gap is filled from this much before it. */
const GOOD_MARGIN_US = 1_000_000;
const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();

/** Cells on the bus that the connectors of a feed share. */
type FeedCells = Record<"lease" | "turns" | "standby", LeaseCell>;

/** Content of `turns.json` in the spool folder. */
interface TurnsNote {
  /** Runs of this spool that had a turn. */
  own: string[];
  turns: Turn[];
}

/**
 * Elects one of several connectors of a feed to publish its records, with a lease and a list of
 * turns on the bus. A new turn is stored there, and in the spool folder, before its first record.
 */
export class FeedTurns {
  #options: FeedTurnsOptions;
  #lease: CellLease;
  #cell: LeaseCell;
  #note: TurnsNote = { own: [], turns: [] };
  #isTelling = false;
  /** Where the standby posts what it captures. */
  readonly board: StandbyBoard;

  /** Creates it without any request; undefined when no other process can share the bus. */
  static of(options: FeedTurnsOptions): FeedTurns | undefined {
    const { transport, feed, shard } = options;
    const name = shard === undefined ? feed : `${feed}.${shard}`;
    const lease = transport.leaseCell?.(`connector-${name}`);
    const turns = transport.leaseCell?.(`turns-${name}`);
    const standby = transport.leaseCell?.(`standby-${name}`);
    if (lease === undefined || turns === undefined || standby === undefined) return undefined;
    return new FeedTurns(options, { lease, turns, standby });
  }

  private constructor(options: FeedTurnsOptions, cells: FeedCells) {
    const { run, dir, ttlMs, logger, onLost } = options;
    this.#options = options;
    const { lease } = cells;
    this.#cell = cells.turns;
    this.board = new StandbyBoard(cells.standby, run);
    this.#lease = new CellLease({
      cell: lease,
      holder: `connector ${run}, process ${Deno.pid} on ${Deno.hostname()}`,
      scope: `${Deno.hostname()}:${dir}`,
      ...(ttlMs === undefined ? {} : { ttlMs }),
      onAway: (error) =>
        logger.warn("the lease of the feed cannot be renewed", { error: messageOf(error) }),
      onLost: (holder) => {
        this.#isTelling = false;
        onLost(holder);
      },
    });
  }

  /** All known turns. */
  get known(): readonly Turn[] {
    return this.#note.turns;
  }

  /** Whether this run's turn is in progress. */
  get isTelling(): boolean {
    return this.#isTelling;
  }

  /** Why nothing is published during this run's turn; "" = no problem. */
  get problem(): string {
    return this.#isTelling && !this.isFresh ? "the lease of the feed is not confirmed" : "";
  }

  /** Whether this run's turn is in progress and no other can have started. */
  get isFresh(): boolean {
    return this.#isTelling && this.#lease.isFresh;
  }

  /** Confirms this run's turn with the bus. Rejects when the bus cannot be reached. */
  async confirm(): Promise<boolean> {
    return this.#isTelling && await this.#lease.confirm();
  }

  /**
   * Waits, before spool recovery, until the lease is held here or its holder has stored its turn;
   * then it is known what the runs of this spool still have to publish. `ownRuns`: those runs.
   */
  async begin(ownRuns: Iterable<string>): Promise<void> {
    this.#note = readNote(this.#options.dir);
    const own = new Set([...this.#note.own, ...ownRuns]);
    this.#note.own = [...own];
    for (;;) {
      const heldBy = await this.#lease.tryAcquire();
      const last = await this.#readTurns();
      if (heldBy === undefined || (last !== undefined && !own.has(last.run))) break;
      await sleep(LOOK_MS);
    }
    await this.#write();
  }

  /** Tries to acquire the lease; `unknown` = the bus cannot be reached. */
  async tryAcquire(): Promise<"ours" | "held" | "unknown"> {
    if (this.#lease.held) return "ours";
    try {
      return await this.#lease.tryAcquire() === undefined ? "ours" : "held";
    } catch (error) {
      this.#options.logger.debug("the lease of the feed cannot be asked for", {
        error: messageOf(error),
      });
      return "unknown";
    }
  }

  /** Whether the lease is held here. */
  get isHeld(): boolean {
    return this.#lease.held;
  }

  /**
   * Stores a turn of this run that starts after the last published record. A turn that this run
   * gave away and that was not taken continues.
   */
  async take(options: TakeOptions = {}): Promise<Turn> {
    const { run, logger } = this.#options;
    const last = await this.#readTurns();
    const own = last?.run === run
      ? this.#note.turns.find((each) => isSameTurn(each, last))
      : undefined;
    const turn = own ?? await this.#turnAfter(last, options);
    await this.#add(turn);
    this.#isTelling = true;
    logger.info("this connector tells the feed from now on", {
      ...{ from_us: turn.fromUs, after: turn.after?.run ?? "", late: turn.isLate ?? false },
    });
    return turn;
  }

  async #turnAfter(
    last: Turn | undefined,
    { reachUs = 0, wholeUs = 0, ownEndUs = 0, findCuts, released }: TakeOptions,
  ): Promise<Turn> {
    const { env, feed, run, transport } = this.#options;
    // Recovery publishes the rest of an earlier run of this spool first.
    if (last === undefined || this.#isEarlierRunHere(last.run)) return { run, fromUs: 0 };
    const ended = await readFeedBefore(transport, { env, feed, turn: last });
    const { last: newest, ...before } = ended;
    const { atUs: endUs, lastGoodAtUs = endUs + GOOD_MARGIN_US + 1 } = before.after;
    const sureUs = lastGoodAtUs - GOOD_MARGIN_US;
    const beginUs = Math.min(
      endUs + 1,
      wholeUs > lastGoodAtUs ? sureUs : Math.max(sureUs, wholeUs),
    );
    const fromUs = Math.max(0, beginUs, ownEndUs + 1);
    const isLate = reachUs > fromUs;
    const news = { ...before, ...(isLate && { isLate }), ...(released && { released }) };
    const turn: Turn = { run, ...news, fromUs: Math.max(fromUs, reachUs) };
    // Verification has the lines from before, which the spool has no more.
    if (reachUs > tradesFromUs(turn)) turn.tradesFromUs = reachUs;
    const cuts = await findCuts?.({ fromUs: turn.fromUs, endUs, last: newest });
    return cuts === undefined ? turn : { ...turn, cuts };
  }

  #isEarlierRunHere(run: string): boolean {
    return run !== this.#options.run && this.#note.own.includes(run);
  }

  /** Gives the turn away; the next one starts at `lastGoodAtUs`. Rejects when the bus is away. */
  async giveAway(lastGoodAtUs: number | undefined): Promise<void> {
    await this.#share(lastGoodAtUs);
    await this.release();
  }

  /** Ends the turn and releases the lease. */
  async release(): Promise<void> {
    this.#isTelling = false;
    await this.#lease.release();
  }

  async #add(turn: Turn): Promise<void> {
    const { run } = this.#options;
    this.#note = {
      own: [...new Set([...this.#note.own, run])].slice(-TURNS_MAX),
      turns: [...joinedTurns(this.#note.turns, [turn])].slice(-TURNS_MAX),
    };
    await this.#write();
    await this.#share();
  }

  /** Writes the turns to the bus; `lastGoodAtUs` of the last one when it is given away. */
  async #share(lastGoodAtUs?: number): Promise<void> {
    // Other connectors do not need the published trades.
    const shared: Turn[] = this.#note.turns.map(({ run, fromUs, after }) => ({
      ...{ run, fromUs },
      ...(after === undefined ? {} : { after }),
    }));
    const last = shared.at(-1);
    if (last !== undefined && lastGoodAtUs !== undefined) last.lastGoodAtUs = lastGoodAtUs;
    while (!await this.#cell.write(ENCODER.encode(JSON.stringify(shared)))) {
      await this.#cell.read();
    }
  }

  async #write(): Promise<void> {
    const text = JSON.stringify(this.#note);
    await writeFileAtomically(`${this.#options.dir}/turns.json`, text);
  }

  /** Merges the turns on the bus into the known ones and returns the last one there. */
  async #readTurns(): Promise<Turn | undefined> {
    const bytes = await this.#cell.read();
    if (bytes === undefined) return undefined;
    const shared = turnsIn(DECODER.decode(bytes));
    // `lastGoodAtUs` only concerns the connector that takes the next turn.
    const turns = shared.map(({ lastGoodAtUs: _, ...turn }) => turn);
    this.#note.turns = joinedTurns(this.#note.turns, turns);
    return shared.at(-1);
  }
}

function isSameTurn(a: Turn, b: Turn): boolean {
  return a.run === b.run && a.fromUs === b.fromUs;
}

function readNote(dir: string): TurnsNote {
  try {
    const note = JSON.parse(Deno.readTextFileSync(`${dir}/turns.json`)) as Partial<TurnsNote>;
    return { own: note.own ?? [], turns: (note.turns ?? []).filter(isTurn) };
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT" || error instanceof SyntaxError) {
      return { own: [], turns: [] };
    }
    throw error;
  }
}

function turnsIn(text: string): Turn[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.filter(isTurn) : [];
}

function isTurn(value: unknown): value is Turn {
  const turn = value as Partial<Turn> | null;
  return typeof turn?.run === "string" && Number.isSafeInteger(turn.fromUs);
}
