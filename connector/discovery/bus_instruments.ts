import {
  decodeInstrument,
  encodeInstrument,
  INSTRUMENT_STORE,
  type InstrumentFile,
  instrumentKey,
  isSameInstrument,
} from "@ssmd/metadata";
import type { KeyValueStore, Publisher, Transport } from "@ssmd/transport";

/** Store that a synchronization reads known instruments from and writes new ones to. */
export interface InstrumentStore {
  /** Returns all known instruments, by id. */
  known(): Promise<Map<string, InstrumentFile>>;
  /** Writes instruments; durable once resolved. */
  put(instruments: readonly InstrumentFile[]): Promise<void>;
  close(): Promise<void>;
}

/** Most concurrent writes. */
const PUTS_MAX = 256;

/**
 * Instruments in the key-value store of an environment's bus. Each change is also published on
 * `{env}.secmaster.changes`. Throws as the transport does.
 */
export class BusInstruments implements InstrumentStore {
  #env: string;
  #store: KeyValueStore;
  #publisher: Publisher;

  private constructor(env: string, store: KeyValueStore, publisher: Publisher) {
    this.#env = env;
    this.#store = store;
    this.#publisher = publisher;
  }

  /** Opens the store; creates it when missing. */
  static async open(transport: Transport, env: string): Promise<BusInstruments> {
    const store = await transport.keyValue(INSTRUMENT_STORE);
    return new BusInstruments(env, store, transport.publisher());
  }

  async known(): Promise<Map<string, InstrumentFile>> {
    const known = new Map<string, InstrumentFile>();
    for (const { value } of await this.#store.entries()) {
      const instrument = decodeInstrument(value);
      if (instrument !== undefined) known.set(instrument.id, instrument);
    }
    return known;
  }

  async put(instruments: readonly InstrumentFile[]): Promise<void> {
    for (let at = 0; at < instruments.length; at += PUTS_MAX) {
      await Promise.all(instruments.slice(at, at + PUTS_MAX).map((each) => this.#put(each)));
    }
    await this.#publisher.flush();
  }

  async #put(instrument: InstrumentFile): Promise<void> {
    const value = encodeInstrument(instrument);
    await this.#tell(instrument, await this.#store.put(instrumentKey(instrument.id), value));
  }

  async #tell(instrument: InstrumentFile, revision: number): Promise<void> {
    // A change carries the newest version only, not the whole history.
    const { id, name, versions, mappings } = instrument;
    const change = { id, name, version: versions.at(-1), mappings, revision };
    if (this.#publisher.full) await this.#publisher.ready();
    this.#publisher.publish({
      subject: `${this.#env}.secmaster.changes`,
      payload: new TextEncoder().encode(JSON.stringify(change)),
      id: `secmaster-${id}-${revision}`,
    });
  }

  /**
   * Writes the result of `change` on the known instrument, retrying on concurrent writes. Returns
   * what was written; undefined when there was nothing to change.
   */
  async change(
    id: string,
    change: (known: InstrumentFile | undefined) => InstrumentFile | undefined,
  ): Promise<InstrumentFile | undefined> {
    for (;;) {
      const entry = await this.#store.get(instrumentKey(id));
      const after = change(entry && decodeInstrument(entry.value));
      if (after === undefined) return undefined;
      const value = encodeInstrument(after);
      const revision = await this.#store.compareAndSet(
        instrumentKey(id),
        value,
        entry?.revision ?? 0,
      );
      if (revision === undefined) continue;
      await this.#tell(after, revision);
      await this.#publisher.flush();
      return after;
    }
  }

  /** Deletes instruments that a registry file holds; keeps those that changed meanwhile. */
  async remove(instruments: readonly InstrumentFile[]): Promise<void> {
    for (const instrument of instruments) {
      const entry = await this.#store.get(instrumentKey(instrument.id));
      const stored = entry && decodeInstrument(entry.value);
      if (stored === undefined || !isSameInstrument(stored, instrument)) continue;
      await this.#store.delete(instrumentKey(instrument.id));
    }
  }

  /** Closes the publisher; the transport stays open. */
  async close(): Promise<void> {
    await this.#publisher.close();
  }
}
