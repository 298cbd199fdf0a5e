import { sleep } from "@ssmd/runtime";
import { JetStreamApiError } from "@nats-io/jetstream";
import { type KV, Kvm, type KvWatchEntry } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/nats-core";
import {
  assertKeyValueKey,
  type KeyValueChange,
  type KeyValueEntry,
  type KeyValueStore,
  type KeyValueWatch,
} from "./key_value.ts";
import { jetStreamError } from "./nats_connect.ts";

const WRONG_LAST_SEQUENCE = 10071;

/** A key-value store on JetStream, in the bucket `ssmd-{env}-{name}`. */
export class NatsKeyValue implements KeyValueStore {
  #bucket: KV;
  #watches = new Set<NatsWatch>();

  private constructor(bucket: KV) {
    this.#bucket = bucket;
  }

  /** Opens the bucket; creates it when missing. Rejects with a TransportError. */
  static async open(connection: NatsConnection, env: string, name: string): Promise<NatsKeyValue> {
    try {
      const bucket = await new Kvm(connection).create(`ssmd-${env}-${name}`, { history: 1 });
      return new NatsKeyValue(bucket);
    } catch (error) {
      throw jetStreamError(error);
    }
  }

  get(key: string): Promise<KeyValueEntry | undefined> {
    return this.#do(key, async () => {
      const entry = await this.#bucket.get(key);
      if (entry === null || entry.operation !== "PUT") return undefined;
      return { key, value: entry.value, revision: entry.revision };
    });
  }

  async entries(): Promise<KeyValueEntry[]> {
    const entries = new Map<string, KeyValueEntry>();
    const { promise, resolve } = Promise.withResolvers<void>();
    const watch = await this.watch(({ key, value, revision }) => {
      if (value !== undefined) entries.set(key, { key, value, revision });
      else entries.delete(key);
    }, resolve);
    await promise;
    watch.unsubscribe();
    return [...entries.values()].sort((a, b) => a.key < b.key ? -1 : 1);
  }

  put(key: string, value: Uint8Array): Promise<number> {
    return this.#do(key, () => this.#bucket.put(key, value));
  }

  compareAndSet(key: string, value: Uint8Array, revision: number): Promise<number | undefined> {
    return this.#do(key, async () => {
      try {
        // `create` also replaces a deleted value, whose revision is not 0.
        return revision === 0
          ? await this.#bucket.create(key, value)
          : await this.#bucket.update(key, value, revision);
      } catch (error) {
        if (error instanceof JetStreamApiError && error.code === WRONG_LAST_SEQUENCE) {
          return undefined;
        }
        throw error;
      }
    });
  }

  delete(key: string): Promise<void> {
    return this.#do(key, async () => {
      if (await this.get(key) !== undefined) await this.#bucket.delete(key);
    });
  }

  async watch(
    onChange: (change: KeyValueChange) => void,
    onCurrent: () => void = () => {},
  ): Promise<KeyValueWatch> {
    const watch = new NatsWatch(this.#bucket, onChange, onCurrent);
    this.#watches.add(watch);
    try {
      await watch.start();
    } catch (error) {
      this.#watches.delete(watch);
      throw jetStreamError(error);
    }
    return {
      unsubscribe: () => {
        this.#watches.delete(watch);
        watch.stop();
      },
    };
  }

  /** Restarts all watches on a new connection, as the server has dropped the old ones. */
  reconnected(): void {
    for (const watch of this.#watches) void watch.restart();
  }

  /** Ends all watches. */
  close(): void {
    for (const watch of this.#watches) watch.stop();
    this.#watches.clear();
  }

  async #do<T>(key: string, action: () => Promise<T>): Promise<T> {
    assertKeyValueKey(key);
    try {
      return await action();
    } catch (error) {
      throw jetStreamError(error);
    }
  }
}

const RESTART_MS = 250;

/** One watch, resubscribed on each new connection. */
class NatsWatch {
  #bucket: KV;
  #onChange: (change: KeyValueChange) => void;
  #onCurrent: () => void;
  /** Delivered revisions, so that a new connection only delivers values that differ. */
  #revisions = new Map<string, number>();
  #isCurrent = false;
  #entries: { stop(): void } | undefined;
  #generation = 0;

  constructor(bucket: KV, onChange: (change: KeyValueChange) => void, onCurrent: () => void) {
    this.#bucket = bucket;
    this.#onChange = onChange;
    this.#onCurrent = onCurrent;
  }

  async start(): Promise<void> {
    const generation = ++this.#generation;
    this.#entries?.stop();
    const { values } = await this.#bucket.status();
    const entries = await this.#bucket.watch();
    if (generation !== this.#generation) return entries.stop();
    this.#entries = entries;
    if (values === 0) this.#current();
    void this.#deliver(entries, generation);
  }

  /** Retries until it succeeds, or a newer connection restarts it. */
  async restart(): Promise<void> {
    const generation = this.#generation + 1;
    while (this.#generation <= generation) {
      try {
        return await this.start();
      } catch {
        if (this.#generation !== generation) return;
        this.#generation--;
        await sleep(RESTART_MS);
      }
    }
  }

  stop(): void {
    this.#generation = Infinity;
    this.#entries?.stop();
  }

  async #deliver(entries: AsyncIterable<KvWatchEntry>, generation: number): Promise<void> {
    for await (const { key, value, revision, operation, delta } of entries) {
      if (generation !== this.#generation) return;
      if (this.#revisions.get(key) !== revision) {
        this.#revisions.set(key, revision);
        const isKnown = this.#isCurrent || operation === "PUT";
        // Deletions before the watch started are not delivered.
        if (isKnown) {
          this.#onChange({ key, value: operation === "PUT" ? value : undefined, revision });
        }
      }
      if (delta === 0) this.#current();
    }
  }

  #current(): void {
    if (this.#isCurrent) return;
    this.#isCurrent = true;
    this.#onCurrent();
  }
}
