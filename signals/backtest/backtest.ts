import { ALL_SYMBOLS, type Fire, type MarketEvent } from "@ssmd/market";
import { ConfigError, DAY_US } from "@ssmd/runtime";
import { canonicalJson } from "../engine/canonical_json.ts";
import { compareFires, sha256Of } from "../engine/fire_id.ts";
import type { InstanceView } from "../engine/inspect.ts";
import type { Report } from "../engine/instance.ts";
import { BatchWriter } from "../host/frames.ts";
import type { HostedSignal, SignalInfo } from "../host/load_signal.ts";
import type { BatchResult } from "../supervisor/answers.ts";
import { OneAhead } from "../supervisor/one_ahead.ts";
import { type Quarantine, Supervisor } from "../supervisor/supervisor.ts";
import type { RecordSource } from "./merged_records.ts";
import { type Outcome, OutcomeTracker } from "./outcomes.ts";

const BATCH_BYTES = 512 * 1024;

/** A record with the fires it caused. */
export interface BacktestStep {
  record: MarketEvent;
  fires: readonly Fire[];
  /** Instances on the record's market. */
  instances: readonly InstanceView[];
}

/** Input of a backtest. */
export interface BacktestQuery {
  /** Record source: {@linkcode archivedRecords} or a {@linkcode BusHistory}. */
  records: RecordSource;
  env: string;
  signal: HostedSignal;
  /** Count fires from this time on, µs; earlier records only warm up. Default: the first record. */
  fromUs?: number;
  /** Exclusive end, µs; default: after the last record. */
  toUs?: number;
  /** Time until which nothing is on its way into the source any more, µs; default: `toUs`. */
  settledUs?: number;
  /** Markets whose fires count; default: all that the signal watches. */
  symbols?: readonly string[];
  /**
   * Whether to fire only as a run that started earlier would; see `EngineOptions`. Default false.
   */
  isCold?: boolean;
  /** Called after each counted record with its fires; return false to end the backtest. */
  onStep?: (step: BacktestStep) => Promise<boolean>;
  /** Called before each batch with the time of its last record, µs; the backtest awaits it. */
  onBatch?: (atUs: number, records: number) => Promise<void> | void;
}

/** Result of a backtest. */
export interface BacktestResult {
  info: SignalInfo;
  /** Ordered by time, then id. */
  fires: Fire[];
  /** SHA-256 of the fires as lines of canonical JSON, hex. */
  sha256: string;
  /** Records read, including the warm-up. */
  records: number;
  instances: number;
  /** Times of the first and last counted record, µs; null when there is none. */
  firstUs: number | null;
  lastUs: number | null;
  /** Time of the last record of the feed that has the oldest, µs; null when a feed has none. */
  completeUs: number | null;
  outcomes: Outcome[];
  reports: Report[];
  quarantined: Quarantine[];
  /** Evaluation time in the host process, µs. */
  costUs: number;
}

/** Returns the SHA-256 of fires as lines of canonical JSON, ordered by time, then id; hex. */
export function firesDigest(fires: readonly Fire[]): string {
  return sha256Of(fires.toSorted(compareFires).map((fire) => canonicalJson(fire) + "\n").join(""));
}

/**
 * Runs a signal over recorded data in a host process, as in production. Throws the record source's
 * errors, SandboxFailure, and ConfigError for a signal that does not load.
 */
export async function backtest(query: BacktestQuery): Promise<BacktestResult> {
  const quarantined: Quarantine[] = [];
  const writer = new BatchWriter();
  const supervisor = new Supervisor({
    ...{ signals: [query.signal], isCold: query.isCold ?? false },
    onQuarantine: (each) => quarantined.push(each),
    onSpent: (batch) => writer.giveBack(batch),
  });
  try {
    const { signals: [info], failed } = await supervisor.start();
    if (info === undefined) throw notLoaded(query.signal.id, failed[0]?.message);
    const run = new BacktestRun(query, info, { supervisor, writer });
    return { ...await run.run(), info, quarantined };
  } finally {
    await supervisor.stop();
  }
}

function notLoaded(id: string, why = "it does not end loading"): ConfigError {
  return new ConfigError("SIGNAL_INVALID", `The signal "${id}" does not load: ${why}`, {
    hint: `ssmd signal check ${id} says more`,
  });
}

/** A batch, and the time up to which it is complete, µs. */
interface Sent {
  batch: Uint8Array;
  timeUs: number;
}

class BacktestRun {
  readonly #query: BacktestQuery;
  readonly #info: SignalInfo;
  readonly #supervisor: Supervisor;
  readonly #tracker = new OutcomeTracker();
  readonly #writer: BatchWriter;
  readonly #ahead = new OneAhead<Sent>((sent, onTaken) => this.#evaluate(sent, onTaken));
  #answer: { timeUs: number; result: BatchResult } | undefined;
  readonly #fires: Fire[] = [];
  readonly #reports: Report[] = [];
  #records = 0;
  #instances = 0;
  #costUs = 0;
  #firstUs: number | null = null;
  #lastUs: number | null = null;
  readonly #lastUsOf = new Map<string, number>();

  constructor(
    query: BacktestQuery,
    info: SignalInfo,
    { supervisor, writer }: { supervisor: Supervisor; writer: BatchWriter },
  ) {
    this.#query = query;
    this.#info = info;
    this.#supervisor = supervisor;
    this.#writer = writer;
  }

  async run(): Promise<Omit<BacktestResult, "info" | "quarantined">> {
    const { onStep } = this.#query;
    for await (const batch of this.#query.records(this.#recordsQuery())) {
      for (const record of batch) {
        this.#add(record);
        if (onStep !== undefined && !await this.#step(record, onStep)) return this.#result();
      }
      if (this.#writer.byteLength >= BATCH_BYTES) await this.#send(batch.at(-1)?.receivedAtUs ?? 0);
    }
    const { toUs = 0, settledUs = Infinity } = this.#query;
    // `every` boundaries after the last record also count, as far as nothing is still on its way.
    const endUs = Math.max(Math.min(toUs, settledUs), (this.#lastUs ?? 0) + 1);
    if (this.#records > 0) await this.#send(endUs);
    await this.#answered();
    return this.#result();
  }

  #result(): Omit<BacktestResult, "info" | "quarantined"> {
    const fires = this.#fires.sort(compareFires);
    return {
      ...{ fires, sha256: firesDigest(fires), reports: this.#reports, costUs: this.#costUs },
      ...{ records: this.#records, instances: this.#instances },
      ...{ firstUs: this.#firstUs, lastUs: this.#lastUs, completeUs: this.#completeUs() },
      outcomes: this.#tracker.outcomes(this.#lastUs ?? 0),
    };
  }

  #completeUs(): number | null {
    const lastUs = this.#info.neededFeeds.map((feed) => this.#lastUsOf.get(feed) ?? NaN);
    const completeUs = Math.min(...lastUs);
    return Number.isFinite(completeUs) ? completeUs : null;
  }

  #recordsQuery() {
    const { env, fromUs, toUs, symbols } = this.#query;
    const { neededFeeds: feeds, warmupUs, followedSymbols, types } = this.#info;
    // Books need a snapshot, and each archived day begins with snapshots.
    const readFromUs = fromUs === undefined
      ? undefined
      : Math.floor((fromUs - warmupUs) / DAY_US) * DAY_US;
    return {
      ...{ env, feeds, types: [...new Set([...types, "orderbook", "gap"] as const)] },
      ...(readFromUs === undefined ? {} : { fromUs: Math.max(0, readFromUs) }),
      ...(toUs === undefined ? {} : { toUs }),
      ...(symbols === undefined ? {} : {
        symbols: [...new Set([...symbols, ...followedSymbols, ALL_SYMBOLS])],
      }),
    };
  }

  #add(record: MarketEvent): void {
    this.#writer.add(record);
    this.#tracker.take(record);
    this.#records++;
    this.#lastUsOf.set(record.feed, record.receivedAtUs);
    if (record.receivedAtUs < (this.#query.fromUs ?? 0)) return;
    this.#firstUs ??= record.receivedAtUs;
    this.#lastUs = record.receivedAtUs;
  }

  /** Calls `onStep` for a counted record of a shown market; returns false to stop the backtest. */
  async #step(
    record: MarketEvent,
    onStep: NonNullable<BacktestQuery["onStep"]>,
  ): Promise<boolean> {
    const { fromUs = 0, symbols } = this.#query;
    const { feed, symbol, receivedAtUs: atUs } = record;
    const isShown = atUs >= fromUs && (symbols?.includes(symbol) ?? true);
    if (!isShown) return true;
    const before = this.#fires.length;
    await this.#send(atUs);
    await this.#answered();
    const instances = await this.#supervisor.inspect({ feed, symbol, atUs });
    return await onStep({ record, instances, fires: this.#fires.slice(before) });
  }

  async #send(timeUs: number): Promise<void> {
    await this.#query.onBatch?.(timeUs, this.#records);
    for (const feed of this.#info.neededFeeds) this.#writer.addWatermark({ feed, timeUs });
    await this.#answered();
    await this.#ahead.send({ batch: this.#writer.finish(this.#records), timeUs });
  }

  async #evaluate({ batch, timeUs }: Sent, onTaken: () => void): Promise<void> {
    this.#answer = { timeUs, result: await this.#supervisor.send(batch, onTaken) };
  }

  /** Waits for the answer to the last batch: at the same record in every run, so that outcomes are too. */
  async #answered(): Promise<void> {
    await this.#ahead.idle();
    if (this.#answer === undefined) return;
    const { timeUs, result } = this.#answer;
    this.#answer = undefined;
    const fires = result.fires.filter((fire) => this.#counts(fire));
    this.#fires.push(...fires);
    this.#reports.push(...result.reports);
    this.#instances = result.instances;
    this.#costUs += result.costUs;
    this.#tracker.addFires(fires, timeUs);
  }

  #counts({ receivedAtUs, symbol }: Fire): boolean {
    const { fromUs = 0, toUs = Infinity, symbols } = this.#query;
    return receivedAtUs >= fromUs && receivedAtUs < toUs && (symbols?.includes(symbol) ?? true);
  }
}
