import { Encoder } from "@ssmd/codec";
import { ALL_SYMBOLS, type Fire, type MarketEvent } from "@ssmd/market";
import { ConfigError, DAY_US } from "@ssmd/runtime";
import { canonicalJson } from "../engine/canonical_json.ts";
import { compareFires, sha256Of } from "../engine/fire_id.ts";
import type { InstanceView } from "../engine/inspect.ts";
import type { Report } from "../engine/instance.ts";
import { BatchWriter } from "../host/frames.ts";
import type { HostedSignal, SignalInfo } from "../host/load_signal.ts";
import { type Quarantine, Supervisor } from "../supervisor/supervisor.ts";
import type { RecordSource } from "./merged_records.ts";
import { type Outcome, OutcomeTracker } from "./outcomes.ts";

const BATCH_BYTES = 512 * 1024;

/** A record, and what follows from it. */
export interface BacktestStep {
  record: MarketEvent;
  fires: readonly Fire[];
  /** The instances of the record's market. */
  instances: readonly InstanceView[];
}

/** What is backtested. */
export interface BacktestQuery {
  /** Where the records are: {@linkcode archivedRecords}, or a {@linkcode BusHistory}. */
  records: RecordSource;
  env: string;
  signal: HostedSignal;
  /** Fires from here on count, µs; what is before is read to be warm. Default the first record. */
  fromUs?: number;
  /** The first moment that is left out, µs; default behind the last record. */
  toUs?: number;
  /** Markets whose fires count; default all that the signal watches. */
  symbols?: readonly string[];
  /** Whether fires must be those of a run that began earlier; see `EngineOptions`. Default false. */
  isCold?: boolean;
  /** Called after each record that counts, with what follows from it; false ends the backtest. */
  onStep?: (step: BacktestStep) => Promise<boolean>;
  /** Called before a batch is evaluated, with the time of its last record, µs; it may wait. */
  onBatch?: (atUs: number, records: number) => Promise<void> | void;
}

/** What came of it. */
export interface BacktestResult {
  info: SignalInfo;
  /** In order of time, then id. */
  fires: Fire[];
  /** SHA-256 of the fires as lines of canonical JSON, hex. */
  sha256: string;
  /** Records that were read, the warm-up's included. */
  records: number;
  instances: number;
  /** Times of the first and last record that count, µs; null = there was none. */
  firstUs: number | null;
  lastUs: number | null;
  outcomes: Outcome[];
  reports: Report[];
  quarantined: Quarantine[];
  /** Time of the host, µs. */
  costUs: number;
}

/** SHA-256 of fires as lines of canonical JSON in order of time, then id; hex. */
export function firesDigest(fires: readonly Fire[]): string {
  return sha256Of(fires.toSorted(compareFires).map((fire) => canonicalJson(fire) + "\n").join(""));
}

/**
 * Runs a signal over kept records, in a host as it runs live. Throws as its source does,
 * SandboxFailure, and ConfigError for a signal that does not load.
 */
export async function backtest(query: BacktestQuery): Promise<BacktestResult> {
  const quarantined: Quarantine[] = [];
  const supervisor = new Supervisor({
    ...{ signals: [query.signal], isCold: query.isCold ?? false },
    onQuarantine: (each) => quarantined.push(each),
  });
  try {
    const { signals: [info], failed } = await supervisor.start();
    if (info === undefined) throw notLoaded(query.signal.id, failed[0]?.message);
    const run = new BacktestRun(query, info, supervisor);
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

class BacktestRun {
  readonly #query: BacktestQuery;
  readonly #info: SignalInfo;
  readonly #supervisor: Supervisor;
  readonly #tracker = new OutcomeTracker();
  readonly #encoder = new Encoder();
  readonly #writer = new BatchWriter();
  readonly #fires: Fire[] = [];
  readonly #reports: Report[] = [];
  #records = 0;
  #instances = 0;
  #costUs = 0;
  #firstUs: number | null = null;
  #lastUs: number | null = null;

  constructor(query: BacktestQuery, info: SignalInfo, supervisor: Supervisor) {
    this.#query = query;
    this.#info = info;
    this.#supervisor = supervisor;
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
    const { toUs } = this.#query;
    // Boundaries of `every` after the last record count, too, as far as the span goes.
    const endUs = toUs ?? (this.#lastUs ?? 0) + 1;
    if (this.#records > 0) await this.#send(endUs);
    return this.#result();
  }

  #result(): Omit<BacktestResult, "info" | "quarantined"> {
    const fires = this.#fires.sort(compareFires);
    return {
      ...{ fires, sha256: firesDigest(fires), reports: this.#reports, costUs: this.#costUs },
      ...{ records: this.#records, instances: this.#instances },
      ...{ firstUs: this.#firstUs, lastUs: this.#lastUs },
      outcomes: this.#tracker.outcomes(this.#lastUs ?? 0),
    };
  }

  #recordsQuery() {
    const { env, fromUs, toUs, symbols } = this.#query;
    const { neededFeeds: feeds, warmupUs, followedSymbols, types } = this.#info;
    // Every day of books begins with snapshots.
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
    this.#writer.addRecord(record.type, this.#encoder.encode(record));
    this.#tracker.take(record);
    this.#records++;
    if (record.receivedAtUs < (this.#query.fromUs ?? 0)) return;
    this.#firstUs ??= record.receivedAtUs;
    this.#lastUs = record.receivedAtUs;
  }

  /** Shows a record that counts, where somebody looks; false = it is enough. */
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
    const instances = await this.#supervisor.inspect({ feed, symbol, atUs });
    return await onStep({ record, instances, fires: this.#fires.slice(before) });
  }

  async #send(timeUs: number): Promise<void> {
    await this.#query.onBatch?.(timeUs, this.#records);
    for (const feed of this.#info.neededFeeds) this.#writer.addWatermark({ feed, timeUs });
    const result = await this.#supervisor.send(this.#writer.finish(this.#records));
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
