import { createHash } from "node:crypto";
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
  /**
   * Writes instruments; durable once resolved. One that another writer changed since it was read is
   * kept, and `again` is asked what to write instead; it returns undefined to write nothing.
   */
  put(
    instruments: readonly InstrumentFile[],
    again: (id: string, known: InstrumentFile | undefined) => InstrumentFile | undefined,
  ): Promise<void>;
  close(): Promise<void>;
}

/** Most concurrent writes. */
const PUTS_MAX = 256;

/**
 * Instruments in the key-value store of an environment's bus. Each change is published on
 * `{env}.secmaster.changes` before it is written: if the process dies in between, the next writer
 * publishes it again under the same message id. Throws as the transport does.
 */
export class BusInstruments implements InstrumentStore {
  #env: string;
  #store: KeyValueStore;
  #publisher: Publisher;
  /** Revision by instrument id, as read or written here. */
  #revisions = new Map<string, number>();

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
    for (const { value, revision } of await this.#store.entries()) {
      const instrument = decodeInstrument(value);
      if (instrument === undefined) continue;
      known.set(instrument.id, instrument);
      this.#revisions.set(instrument.id, revision);
    }
    return known;
  }

  async put(
    instruments: readonly InstrumentFile[],
    again: (id: string, known: InstrumentFile | undefined) => InstrumentFile | undefined,
  ): Promise<void> {
    for (let at = 0; at < instruments.length; at += PUTS_MAX) {
      const some = instruments.slice(at, at + PUTS_MAX);
      for (const each of some) await this.#tell(each, this.#revisions.get(each.id) ?? 0);
      await this.#publisher.flush();
      await Promise.all(some.map(async (each) => {
        if (!await this.#replace(each)) {
          await this.change(each.id, (known) => again(each.id, known));
        }
      }));
    }
  }

  /** Writes over the revision that was read; returns false when it changed since. */
  async #replace(instrument: InstrumentFile): Promise<boolean> {
    const { id } = instrument;
    const from = this.#revisions.get(id) ?? 0;
    const value = encodeInstrument(instrument);
    const revision = await this.#store.compareAndSet(instrumentKey(id), value, from);
    if (revision !== undefined) this.#revisions.set(id, revision);
    return revision !== undefined;
  }

  async #tell({ id, name, versions, mappings }: InstrumentFile, from: number): Promise<void> {
    const version = versions.at(-1);
    // A change carries the newest version only, not the whole history.
    const change = { id, name, version, mappings };
    // A repeated write, or another connector with the same news, differs in its times only.
    const { effective: _, known: _k, ...terms } = version ?? {};
    const names = mappings.map(({ feed, external, outcome }) => [feed, external, outcome]);
    const digest = createHash("sha256").update(JSON.stringify([name, terms, names])).digest("hex");
    if (this.#publisher.full) await this.#publisher.ready();
    this.#publisher.publish({
      subject: `${this.#env}.secmaster.changes`,
      payload: new TextEncoder().encode(JSON.stringify(change)),
      id: `secmaster-${id}-${from}-${digest.slice(0, 32)}`,
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
      const from = entry?.revision ?? 0;
      await this.#tell(after, from);
      await this.#publisher.flush();
      const value = encodeInstrument(after);
      const revision = await this.#store.compareAndSet(instrumentKey(id), value, from);
      if (revision === undefined) continue;
      this.#revisions.set(id, revision);
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
