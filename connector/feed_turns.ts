import { joinedTurns, type Turn } from "@ssmd/market";
import {
  CellLease,
  type LeaseCell,
  type Logger,
  messageOf,
  sleep,
  systemCodeOf,
} from "@ssmd/runtime";
import { writeFileAtomically } from "@ssmd/storage";
import type { Transport } from "@ssmd/transport";
import { StandbyBoard } from "./standby_board.ts";
import { type LastOfKind, readFeedBefore } from "./feed_before.ts";

/** Options of {@linkcode FeedTurns}. */
interface FeedTurnsOptions {
  env: string;
  feed: string;
  /** Whose symbols it captures; absent = the feed has no shards. */
  shard?: string | undefined;
  run: string;
  /** The spool's folder: who has its lock takes the place of the run before in it. */
  dir: string;
  transport: Transport;
  logger: Logger;
  /** Another connector tells the feed from now on, although this one did not end its turn. */
  onLost: (holder: string) => void;
  /** Time without a sign of life after which the other one is taken for dead; default 6 s. */
  ttlMs?: number | undefined;
}

/** What is looked for in the lines of a turn that begins. */
export interface CutSearch {
  /** Of the turn, µs. */
  fromUs: number;
  /** Of the turn before, µs. */
  endUs: number;
  /** What was told last. */
  last: ReadonlyMap<string, LastOfKind>;
}

/** For kinds of records, the lines from a time on that say what was told last, µs. */
type FindCuts = (search: CutSearch) => Promise<Record<string, number>>;

/** How a turn is taken. */
interface TakeOptions {
  /** From where on lines of the run are at hand, µs; default 0, all. */
  reachUs?: number;
  /** From here on the run has missed nothing that is not told as missing, µs; default 0. */
  wholeUs?: number;
  /** This run's own turn before ended here, µs; default 0, it had none. */
  ownEndUs?: number;
  findCuts?: FindCuts;
  released?: Turn["released"];
}

/** Turns that are kept on the bus and beside the spool; raw manifests keep all. */
const TURNS_MAX = 64;
const LOOK_MS = 250;
/** Two captures time the same frame differently: who fills a gap tells what came so long before it. */
const GOOD_MARGIN_US = 1_000_000;
const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();

/** What the connectors of a feed share on the bus. */
type FeedCells = Record<"lease" | "turns" | "standby", LeaseCell>;

/** What stands beside the spool. */
interface TurnsNote {
  /** Runs of this spool that had a turn. */
  own: string[];
  turns: Turn[];
}

/**
 * Sees to it that of several connectors of a feed one tells what it gets: a lease on the bus, and a
 * list of the turns beside it. A new turn is noted there, and beside the spool, before its first record.
 */
export class FeedTurns {
  #options: FeedTurnsOptions;
  #lease: CellLease;
  #cell: LeaseCell;
  #note: TurnsNote = { own: [], turns: [] };
  #isTelling = false;
  /** Where the one that stands by says what it captures. */
  readonly board: StandbyBoard;

  /** Nothing is asked yet; undefined where no other process can share the bus. */
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

  /** All turns that are known here. */
  get known(): readonly Turn[] {
    return this.#note.turns;
  }

  /** Whether this run's turn goes on. */
  get isTelling(): boolean {
    return this.#isTelling;
  }

  /** Why nothing is told although it is this run's turn; "" = it is. */
  get problem(): string {
    return this.#isTelling && !this.isFresh ? "the lease of the feed is not confirmed" : "";
  }

  /** Whether nobody else can have a turn now. */
  get isFresh(): boolean {
    return this.#isTelling && this.#lease.isFresh;
  }

  /** Whether this run's turn goes on, by the bus. Rejects when it cannot be asked. */
  async confirm(): Promise<boolean> {
    return this.#isTelling && await this.#lease.confirm();
  }

  /**
   * Before the spool is recovered: returns when the lease is ours, or when who holds it has noted its
   * turn, so that it is known what the runs of this spool have still to tell. `ownRuns` are those.
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

  /** Tries to get the lease: it is ours, another one's, or the bus cannot be asked. */
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

  /** Whether the lease is ours. */
  get isHeld(): boolean {
    return this.#lease.held;
  }

  /**
   * Notes a turn of this run behind what was told before; the run's own turn that it gave away, and
   * that nobody took, goes on.
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
    // The rest of an earlier run of this spool is told before.
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
    const turn = { run, ...news, fromUs: Math.max(fromUs, reachUs) };
    const cuts = await findCuts?.({ fromUs: turn.fromUs, endUs, last: newest });
    return cuts === undefined ? turn : { ...turn, cuts };
  }

  #isEarlierRunHere(run: string): boolean {
    return run !== this.#options.run && this.#note.own.includes(run);
  }

  /** Gives the turn away: the next one tells all since `goodUs`. Rejects when the bus is away. */
  async giveAway(lastGoodAtUs: number | undefined): Promise<void> {
    await this.#share(lastGoodAtUs);
    await this.release();
  }

  /** Ends the turn and gives the lease to the next one. */
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

  /** Tells the others; `goodUs` of the last turn, where it is given away. */
  async #share(lastGoodAtUs?: number): Promise<void> {
    // Trades that were told are of no use to others.
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
    await writeFileAtomically(`${this.#options.dir}/turns.json`, ENCODER.encode(text));
  }

  /** Takes over what stands on the bus; the last turn there. */
  async #readTurns(): Promise<Turn | undefined> {
    const bytes = await this.#cell.read();
    if (bytes === undefined) return undefined;
    const shared = turnsIn(DECODER.decode(bytes));
    // Who gave a turn away matters to who takes the next one alone.
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
