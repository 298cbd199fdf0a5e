import type { Fire, MarketEvent } from "@ssmd/market";
import { thrownText } from "@ssmd/sandbox/host";
import type { StateReader, StateWriter } from "../builders/state_bytes.ts";
import { isOutOfMemory } from "./builder_slot.ts";
import { canonicalJson } from "./canonical_json.ts";
import { EdgeMemory } from "./edge_memory.ts";
import { type Cause, fireId } from "./fire_id.ts";
import { type InstanceView, plainValues } from "./inspect.ts";
import type { LoadedSignal } from "./loaded_signal.ts";
import type { SlotGroup } from "./slot_group.ts";

const VALUES_CHARS_MAX = 4096;
const NOT_SYNCED =
  "not warm: since its start, no cooldown has passed in which nothing could have fired";

/** A message about an instance for its author or operator. */
export interface Report {
  /** `error`: it threw and is disabled; `capped`: it reached its cap of fires. */
  kind: "error" | "capped";
  signal: string;
  feed: string;
  symbol: string;
  /** Event time, µs. */
  atUs: number;
  message: string;
}

/** Receiver of fires and reports. */
export interface Sink {
  fire(fire: Fire): void;
  report(report: Report): void;
}

/** Constructor arguments of an instance. */
interface InstanceParts {
  signal: LoadedSignal;
  feed: string;
  symbol: string;
  group: SlotGroup;
  views: Readonly<Record<string, unknown>>;
  isCold: boolean;
  engine: string;
}

/** Kept fields of the last record its builders took. */
type CauseRecord = Pick<
  MarketEvent,
  "timestampUs" | "receivedAtUs" | "sequence" | "feed" | "run" | "connection"
>;

/** A signal on one market. */
export class Instance {
  readonly signal: LoadedSignal;
  readonly feed: string;
  readonly symbol: string;
  /** Next boundary of `every`, µs; Infinity when evaluated after records. */
  nextBoundaryUs = Infinity;
  readonly #group: SlotGroup;
  readonly #views: InstanceParts["views"];
  readonly #definition: LoadedSignal["definition"];
  readonly #params: LoadedSignal["params"];
  readonly #engine: string;
  readonly #memory: EdgeMemory;
  readonly #sink: Sink;
  #failure: string | undefined;
  #cappedHour = -1;
  readonly #everyUs: number;
  /** Of an instance with `every`: others fire at the record that they are asked at. */
  #cause: CauseRecord;

  /** Creates an instance that has evaluated nothing. */
  constructor(parts: InstanceParts, sink: Sink) {
    const { signal, feed, symbol } = parts;
    this.signal = signal;
    this.feed = feed;
    this.symbol = symbol;
    this.#group = parts.group;
    this.#views = parts.views;
    this.#definition = signal.definition;
    this.#params = signal.params;
    this.#engine = parts.engine;
    this.#sink = sink;
    this.#memory = new EdgeMemory(signal.definition, parts.isCold);
    this.#everyUs = signal.definition.everyUs;
    this.#cause = { timestampUs: 0, receivedAtUs: 0, sequence: 0, feed };
  }

  /** Whether it is evaluated at boundaries. */
  get isTimed(): boolean {
    return this.#everyUs > 0;
  }

  /**
   * Evaluates the condition; with boundaries, only notes the record as the next one's cause. `nowUs`
   * is the record's time: read once for all instances, as each reading allocates a number.
   */
  onRecord(record: MarketEvent, nowUs: number, turn: number): void {
    const everyUs = this.#everyUs;
    if (everyUs === 0) {
      this.#ask(nowUs, turn, record);
      return;
    }
    // For each instance and record, this would be much of the time: a new object in an old one.
    this.#cause = record;
    if (this.nextBoundaryUs === Infinity) {
      this.nextBoundaryUs = (Math.floor(nowUs / everyUs) + 1) * everyUs;
    }
  }

  /** Evaluates the condition at its boundary, after all earlier records. */
  onBoundary(turn: number): void {
    const boundaryUs = this.nextBoundaryUs;
    this.nextBoundaryUs += this.signal.definition.everyUs;
    this.#ask(boundaryUs, turn, undefined);
  }

  /** Forgets the condition's value if a builder is not ready: an edge across a gap is none. */
  onGap(atUs: number): void {
    if (!this.#isReady(atUs)) this.#memory.forget();
  }

  /** Returns its state at a time. */
  inspect(nowUs: number): InstanceView {
    const { signal, feed, symbol } = this;
    const views = Object.entries(this.#views);
    return {
      ...{ signal: signal.id, feed, symbol, isReady: this.#isReady(nowUs) },
      condition: this.#memory.last ?? null,
      state: Object.fromEntries(views.map(([name, view]) => [name, plainValues(view)])),
    };
  }

  /** Why it cannot fire at a time; undefined when it can, or has failed, which is reported. */
  waitsFor(nowUs: number): string | undefined {
    if (this.#failure !== undefined) return undefined;
    for (const slot of this.#group.slots) {
      const why = slot.waitsFor(nowUs);
      if (why !== undefined) return why;
    }
    return this.#memory.isSynced ? undefined : NOT_SYNCED;
  }

  #isReady(nowUs: number): boolean {
    for (const slot of this.#group.slots) {
      if (slot.failure !== undefined) this.#fail(slot.failure, nowUs);
      if (!slot.isReady(nowUs)) return false;
    }
    return this.#failure === undefined;
  }

  /** `record` is undefined at a boundary. */
  #ask(nowUs: number, turn: number, record: MarketEvent | undefined): void {
    if (this.#failure !== undefined) return;
    try {
      if (!this.#group.isReady(nowUs, turn)) {
        if (!this.#isReady(nowUs)) this.#memory.forget();
        return;
      }
      const value = this.#definition.when(this.#views as never, this.#params as never);
      if (typeof value !== "boolean") throw new TypeError(`when answered a ${typeof value}`);
      const verdict = this.#memory.judge(value, nowUs);
      if (verdict === "fire") this.#sink.fire(this.#fireAt(nowUs, record));
      else if (verdict === "capped") this.#reportCap(nowUs);
    } catch (error) {
      if (isOutOfMemory(error)) throw error;
      this.#fail(thrownText(error), nowUs);
    }
  }

  #fireAt(nowUs: number, record: MarketEvent | undefined): Fire {
    const { id, definition, params, paramsHash, sourceHash } = this.signal;
    const answer: unknown = definition.fire(this.#views as never, params as never);
    const values = canonicalJson(answer, "fire");
    if (!values.startsWith("{")) throw new TypeError("fire answered no object");
    if (values.length > VALUES_CHARS_MAX) throw new RangeError("fire answered more than 4 KiB");
    const { feed, symbol } = this;
    const { timestampUs, receivedAtUs, sequence, feed: causeFeed } = record ?? this.#cause;
    const { run = 0, connection = 0 } = record ?? this.#cause;
    const cause: Cause = record === undefined
      ? { boundaryUs: nowUs }
      : { feed: causeFeed, run, connection, sequence };
    const { version } = definition;
    return {
      type: "fire",
      ...{ timestampUs, receivedAtUs: nowUs, symbol, feed, sequence, run, connection },
      id: fireId({ signal: id, version, paramsHash, feed, symbol, cause }),
      ...{ signal: id, version, sourceHash, paramsHash },
      causeSequence: sequence,
      causeReceivedAtUs: receivedAtUs,
      ...{ values, engine: this.#engine },
    };
  }

  /** Reports at most once an hour, so that a flapping condition does not flood the reports. */
  #reportCap(atUs: number): void {
    const hour = Math.floor(atUs / 3_600_000_000);
    if (hour === this.#cappedHour) return;
    this.#cappedHour = hour;
    const { maxFiresPerHour } = this.signal.definition;
    this.#report("capped", `${maxFiresPerHour} fires in an hour: silent until the next`, atUs);
  }

  #fail(message: string, atUs: number): void {
    if (this.#failure !== undefined) return;
    this.#failure = message;
    this.#report("error", message, atUs);
  }

  #report(kind: Report["kind"], message: string, atUs: number): void {
    const { feed, symbol, signal } = this;
    this.#sink.report({ kind, signal: signal.id, feed, symbol, atUs, message });
  }

  /** Writes its state. */
  write(to: StateWriter): void {
    const { timestampUs, receivedAtUs, sequence, feed, run = 0, connection = 0 } = this.#cause;
    to.number(timestampUs).number(receivedAtUs).number(sequence).text(feed);
    to.number(run).number(connection).number(this.nextBoundaryUs).text(this.#failure ?? "");
    this.#memory.write(to);
  }

  /** Restores its state. */
  read(from: StateReader): void {
    const [timestampUs, receivedAtUs, sequence] = [from.number(), from.number(), from.number()];
    const [feed, run, connection] = [from.text(), from.number(), from.number()];
    this.#cause = { timestampUs, receivedAtUs, sequence, feed, run, connection };
    this.nextBoundaryUs = from.number();
    this.#failure = from.text() || undefined;
    this.#memory.read(from);
  }
}

/** Returns the key of an instance; feed names contain no line break. */
export function instanceKey(signal: string, feed: string, symbol: string): string {
  return `${signal}\n${feed}\n${symbol}`;
}
