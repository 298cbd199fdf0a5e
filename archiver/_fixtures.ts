import { formatPosition } from "@ssmd/archive/testing/raw_file";
import { StorageError, withMembers } from "@ssmd/runtime";
import { type MarketEvent, subjectOf } from "@ssmd/market";
import { Encoder } from "@ssmd/codec";
import { loadManifest, type Manifest, openArchived, parseManifestKey } from "@ssmd/archive";
import type { Storage, StoredObject } from "@ssmd/storage";
import type { ConsumeOptions, Consumer, OutMessage, Publisher, Transport } from "@ssmd/transport";
import type { ArchiverOptions } from "./mod.ts";

/** 2026-08-01 02:53:50 UTC */
export const START_US: number = Date.parse("2026-08-01T02:53:50Z") * 1000;
/** Environment of the tests. */
export const ENV = "test";

const encoder = new Encoder();

/** Returns record `i` of a run: trades; every fifth a ticker, every hundredth a gap. */
export function recordOf(i: number, stepUs = 10_000, startUs = START_US): MarketEvent {
  const base = {
    timestampUs: startUs + i * stepUs - 5,
    receivedAtUs: startUs + i * stepUs,
    symbol: i % 2 === 0 ? "BTCUSD" : "ETH.USD",
    feed: "kraken",
    sequence: i + 1,
  };
  if (i % 100 === 99) {
    return {
      ...base,
      type: "gap",
      reason: "sequence",
      fromUs: base.receivedAtUs - 1000,
      toUs: base.receivedAtUs,
      missed: 1,
      recovered: true,
      channel: "all",
      detail: `gap ${i}`,
    };
  }
  if (i % 5 !== 0) {
    return { ...base, type: "trade", price: 100 + i, size: 0.1, side: "buy", tradeId: `${i}` };
  }
  return {
    ...base,
    type: "ticker",
    bidPrice: i,
    bidSize: 1,
    askPrice: i + 1,
    askSize: 2,
    lastPrice: null,
    lastSize: null,
    volume24h: 7,
    openInterest: null,
  };
}

/** The message of a record: three records a frame. */
export function messageOf(event: MarketEvent, run = "m1"): OutMessage {
  const number = event.sequence - 1;
  return {
    subject: subjectOf(ENV, event.feed, event.type, event.symbol),
    payload: encoder.encode(event),
    id: formatPosition({ run, frame: 1 + Math.floor(number / 3), index: number % 3 }),
  };
}

/** Publishes records `from`…`to - 1` of a run. */
export function publish(
  transport: Transport,
  from: number,
  to: number,
  run?: string,
): Publisher {
  const publisher = transport.publisher();
  for (let i = from; i < to; i++) publisher.publish(messageOf(recordOf(i), run));
  return publisher;
}

/** Options of an archiver whose wall clock is at the records' time. */
export function optionsOf(transport: Transport, storage: Storage): ArchiverOptions {
  return {
    env: ENV,
    feeds: ["kraken"],
    transport,
    storage,
    version: "0.1.0",
    commit: "abc1234",
    clock: () => START_US,
  };
}

/** Returns all manifests and their records, by type in the order of the files. */
export async function archiveOf(
  storage: Storage,
): Promise<{ manifests: Manifest[]; events: MarketEvent[]; orphans: string[] }> {
  const manifests: Manifest[] = [];
  const events: MarketEvent[] = [];
  const keys = new Set<string>();
  for await (const { key } of storage.list("normalized/")) keys.add(key);
  for (const key of [...keys]) {
    const manifestId = parseManifestKey(key);
    if (manifestId === undefined) continue;
    keys.delete(key);
    const manifest = await loadManifest(storage, manifestId);
    if (manifest === undefined) continue;
    manifests.push(manifest);
    for (const file of manifest.files) {
      const { records } = await openArchived(storage, file);
      for await (const batch of records()) events.push(...batch);
      keys.delete(file.key);
    }
  }
  return { manifests, events, orphans: [...keys] };
}

/** The sequence numbers of records, sorted. */
export function sequencesOf(events: readonly MarketEvent[]): number[] {
  return events.map((event) => event.sequence).sort((a, b) => a - b);
}

/** 1…n */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i + 1);
}

/** Storage whose operations a test can make fail. */
export class FaultyStorage implements Storage {
  readonly type = "memory";
  readonly location = "faulty";
  /** Number of puts called so far. */
  puts = 0;
  /** Called before each operation, which rejects with what this throws. */
  before: (action: string, key: string) => void = () => {};
  /** Called after each put, replacement and removal. */
  after: (key: string) => void = () => {};
  #inner: Storage;

  constructor(inner: Storage) {
    this.#inner = inner;
  }

  async put(key: string, data: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    this.puts++;
    this.before("put", key);
    await this.#inner.put(key, data);
    this.after(key);
  }

  async get(key: string): Promise<Uint8Array> {
    this.before("get", key);
    return await this.#inner.get(key);
  }

  async replace(key: string, data: Uint8Array, seen: Uint8Array | undefined): Promise<boolean> {
    this.puts++;
    this.before("replace", key);
    const done = await this.#inner.replace?.(key, data, seen) ?? false;
    this.after(key);
    return done;
  }

  async getRange(key: string, start: number, end: number): Promise<Uint8Array> {
    this.before("getRange", key);
    return await this.#inner.getRange(key, start, end);
  }

  head(key: string): Promise<StoredObject | undefined> {
    return this.#inner.head(key);
  }

  list(prefix: string): AsyncIterable<StoredObject> {
    this.before("list", prefix);
    return this.#inner.list(prefix);
  }

  async delete(key: string): Promise<void> {
    this.before("delete", key);
    await this.#inner.delete(key);
    this.after(key);
  }

  async close(): Promise<void> {}
}

/** Bus that loses acknowledgements from some time on, like one whose consumer was killed. */
export function killable(inner: Transport): { transport: Transport; kill: () => void } {
  let killed = false;
  const consume = async (options: ConsumeOptions): Promise<Consumer> => {
    const consumer = await inner.consume(options);
    return withMembers(consumer, {
      acknowledge: (sequence) => {
        if (!killed) consumer.acknowledge(sequence);
      },
    });
  };
  const transport = new Proxy(inner, {
    get: (target, name) => {
      if (name === "consume") return consume;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { transport, kill: () => void (killed = true) };
}

/** Error of the storage of a killed process. */
export function dead(): StorageError {
  return new StorageError("STORAGE_UNAVAILABLE", "the process is dead");
}
