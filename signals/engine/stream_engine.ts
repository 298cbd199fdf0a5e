import { decode, Encoder } from "@ssmd/codec";
import { EVENT_TYPES, type MarketEvent, type Watermark } from "@ssmd/market";
import { CodecError } from "@ssmd/runtime/errors";
import { thrownText } from "@ssmd/sandbox/host";
import { StateReader, StateWriter } from "../builders/state_bytes.ts";
import type { InstanceView, Waiting } from "./inspect.ts";
import { Engine, type EngineOptions } from "./engine.ts";
import type { Sink } from "./instance.ts";
import type { LoadedSignal } from "./loaded_signal.ts";
import { RecordDedupe } from "./record_dedupe.ts";
import { bookAfter, changes, type KnownBook } from "./known_book.ts";
import { compareMerged, WatermarkMerge } from "./watermark_merge.ts";

/** Bump with every change of the format that `write` writes. */
const STATE_VERSION = 1;

/** Options of a stream engine. */
export interface StreamEngineOptions extends EngineOptions {
  /** Whether to skip repeated records, by run, connection and sequence. */
  dedupe?: boolean;
}

/** Selects the instances of a market at a time. */
export interface InspectQuery {
  feed: string;
  symbol: string;
  /** Event time, µs. */
  atUs: number;
}

/** Signals that need the same feeds in one order. */
interface Lane {
  feeds: ReadonlySet<string>;
  merge: WatermarkMerge;
  engine: Engine;
  signals: readonly LoadedSignal[];
  isFailed: boolean;
  /** Whether a state was restored. */
  isRestored: boolean;
}

/**
 * Evaluates signals over the live stream: each feed's records in bus order, with watermarks
 * between. A signal on one market is evaluated at once; one with `every` or with builders of other
 * markets waits for the watermarks of the feeds it needs.
 */
export class StreamEngine {
  readonly #direct: Engine;
  readonly #lanes: ReadonlyMap<string, Lane>;
  readonly #sink: Sink;
  readonly #dedupe: RecordDedupe | undefined;
  readonly #options: StreamEngineOptions;

  /** Creates an engine that has taken no record. */
  constructor(signals: readonly LoadedSignal[], sink: Sink, options: StreamEngineOptions = {}) {
    const { direct, merged } = lanesOf(signals);
    this.#sink = sink;
    this.#options = options;
    this.#dedupe = options.dedupe === true ? new RecordDedupe() : undefined;
    this.#direct = new Engine(direct, sink, options);
    this.#lanes = new Map(
      [...merged].map(([key, { feeds, signals }]) => [key, {
        ...{ feeds, signals, isFailed: false, isRestored: false },
        merge: new WatermarkMerge(feeds),
        engine: new Engine(signals, sink, options),
      }]),
    );
  }

  /** Number of instances. */
  get instances(): number {
    let count = this.#direct.instances;
    for (const { engine } of this.#lanes.values()) count += engine.instances;
    return count;
  }

  /** Takes the next record of the stream. */
  take(record: MarketEvent): void {
    if (this.#dedupe?.isRepeated(record)) return;
    this.#direct.take(record);
    // An iterator for each record, of mostly nothing, would cost more than this question.
    if (this.#lanes.size === 0) return;
    for (const lane of this.#lanes.values()) {
      if (lane.isFailed || !lane.feeds.has(record.feed)) continue;
      try {
        lane.merge.add(record);
      } catch (error) {
        this.#fail(lane, error, record);
      }
    }
  }

  /** Takes a feed's watermark; evaluates the complete records and boundaries up to it. */
  watermark(watermark: Watermark): void {
    for (const { feeds, merge, engine, isFailed } of this.#lanes.values()) {
      if (isFailed || !feeds.has(watermark.feed)) continue;
      for (const record of merge.advance(watermark)) engine.take(record);
      if (merge.completeUs > -Infinity) engine.advance(merge.completeUs);
    }
  }

  /** Returns the state of a market's instances at a time. */
  inspect({ feed, symbol, atUs }: InspectQuery): InstanceView[] {
    const engines = [this.#direct, ...[...this.#lanes.values()].map(({ engine }) => engine)];
    return engines.flatMap((engine) => engine.inspect(feed, symbol, atUs));
  }

  /** Returns the instances that cannot fire at a time, by reason. */
  waiting(nowUs: number): Waiting[] {
    const engines = [this.#direct, ...[...this.#lanes.values()].map(({ engine }) => engine)];
    return engines.flatMap((engine) => engine.waiting(nowUs));
  }

  #fail(lane: Lane, error: unknown, { feed, symbol, receivedAtUs: atUs }: MarketEvent): void {
    lane.isFailed = true;
    lane.merge = new WatermarkMerge(lane.feeds);
    for (const { id } of lane.signals) {
      this.#sink.report({
        ...{ kind: "error", signal: id, feed, symbol, atUs },
        message: thrownText(error),
      });
    }
  }

  /** Returns the state needed to resume after the last record. */
  write(): Uint8Array<ArrayBuffer> {
    const to = new StateWriter().number(STATE_VERSION);
    this.#direct.write(to);
    to.flag(this.#dedupe !== undefined);
    this.#dedupe?.write(to);
    to.number(this.#lanes.size);
    const encoder = new Encoder();
    for (const [key, { merge, engine, isFailed }] of this.#lanes) {
      const lane = new StateWriter().flag(isFailed).number(merge.watermarks.size);
      for (const [feed, timeUs] of merge.watermarks) lane.text(feed).number(timeUs);
      lane.number(merge.waiting.length);
      for (const record of merge.waiting) {
        lane.number(EVENT_TYPES.indexOf(record.type)).bytes(encoder.encode(record));
      }
      engine.write(lane);
      to.text(key).bytes(lane.finish());
    }
    return to.finish();
  }

  /** Restores what `write` wrote; see `Engine.read`. Throws CodecError for other bytes. */
  read(bytes: Uint8Array): void {
    const from = new StateReader(bytes);
    const version = from.number();
    if (version !== STATE_VERSION) {
      throw new CodecError("STATE_VERSION", `The state has version ${version}`, {
        hint: `This is version ${STATE_VERSION}: start without it`,
      });
    }
    const books = this.#direct.read(from);
    if (from.flag()) (this.#dedupe ?? new RecordDedupe()).read(from);
    for (let left = from.number(); left > 0; left--) {
      const key = from.text();
      const written = new StateReader(from.bytes());
      const lane = this.#lanes.get(key);
      if (lane !== undefined) books.push(...this.#readLane(lane, written));
    }
    this.#adopt(books);
  }

  /**
   * Restores a lane; returns its books as of the last record. What an earlier state brought goes on
   * only from the same time on, as both have their waiting records from the later one.
   */
  #readLane(lane: Lane, from: StateReader): KnownBook[] {
    const { feeds, signals, isRestored, merge: { completeUs } } = lane;
    lane.isFailed = from.flag();
    lane.isRestored = true;
    lane.merge = new WatermarkMerge(feeds);
    for (let left = from.number(); left > 0; left--) {
      lane.merge.advance({ feed: from.text(), timeUs: from.number() });
    }
    if (isRestored && lane.merge.completeUs !== completeUs) {
      lane.engine = new Engine(signals, this.#sink, this.#options);
    }
    return readLane(lane, from);
  }

  /** Gives books as of the last record to engines without them, unless some of its records wait there. */
  #adopt(books: readonly KnownBook[]): void {
    this.#direct.adopt(books);
    for (const { merge: { waiting }, engine } of this.#lanes.values()) {
      engine.adopt(books.filter((book) => !waiting.some((record) => changes(record, book))));
    }
  }
}

/** Restores a lane's waiting records and its engine. */
function readLane(lane: Lane, from: StateReader): KnownBook[] {
  for (let left = from.number(); left > 0; left--) {
    const type = EVENT_TYPES[from.number()] ?? "gap";
    // Copy, as decoded records must not keep the whole state alive.
    lane.merge.add(decode(type, from.bytes().slice()));
  }
  const books = lane.engine.read(from);
  const waiting = lane.merge.waiting.toSorted(compareMerged);
  return lane.isFailed ? [] : books.map((book) => bookAfter(book, waiting));
}

/** Splits signals into those evaluated at once and those that wait for feeds. */
function lanesOf(signals: readonly LoadedSignal[]) {
  const direct: LoadedSignal[] = [];
  const merged = new Map<string, { feeds: Set<string>; signals: LoadedSignal[] }>();
  for (const signal of signals) {
    const directFeeds: string[] = [];
    const mergedFeeds = new Map<string, string[]>();
    for (const feed of signal.definition.feeds) {
      const needed = neededFeeds(signal, feed);
      const key = [...needed].sort().join("\n");
      if (!isMerged(signal)) directFeeds.push(feed);
      else mergedFeeds.set(key, [...mergedFeeds.get(key) ?? [], feed]);
    }
    if (directFeeds.length > 0) direct.push(on(signal, directFeeds));
    for (const [key, feeds] of mergedFeeds) {
      const lane = merged.get(key) ?? { feeds: new Set(key.split("\n")), signals: [] };
      lane.signals.push(on(signal, feeds));
      merged.set(key, lane);
    }
  }
  return { direct, merged };
}

function isMerged({ definition: { everyUs, state } }: LoadedSignal): boolean {
  return everyUs > 0 || Object.values(state).some(({ of }) => of !== undefined);
}

function neededFeeds({ definition: { state } }: LoadedSignal, feed: string): Set<string> {
  return new Set([feed, ...Object.values(state).map(({ of }) => of?.feed ?? feed)]);
}

function on(signal: LoadedSignal, feeds: readonly string[]): LoadedSignal {
  return { ...signal, definition: { ...signal.definition, feeds } };
}
