import type { Cache } from "@ssmd/cache";
import {
  decodeInstrument,
  INSTRUMENT_STORE,
  type InstrumentFile,
  instrumentOfKey,
  isOver,
  isSameInstrument,
  SecurityMaster,
  usOfInstant,
} from "@ssmd/metadata";
import { beginLasting, type Logger, messageOf, nowUs } from "@ssmd/runtime";
import type { KeyValueChange, Transport } from "@ssmd/transport";
import { InstrumentCache } from "./instrument_cache.ts";
import type { RegistrySource } from "./registry_source.ts";

/** Options of {@linkcode InstrumentSource}. */
interface InstrumentSourceOptions {
  /** Source of instruments in files; undefined = none. */
  registry: RegistrySource | undefined;
  /** Bus whose key-value store has the instruments that appeared since. */
  transport: Transport;
  /** Cache that receives a view of all instruments; absent = none. */
  cache?: Cache;
  /** Called when the bus has a new or changed instrument. */
  onInstrument?: (instrument: InstrumentFile) => void;
  logger: Logger;
}

/**
 * The gateway's security master: instruments of the registry's files, overridden by those of the
 * bus's key-value store, which it watches.
 */
export class InstrumentSource {
  #options: InstrumentSourceOptions;
  #master = new SecurityMaster();
  #dynamic = new Map<string, InstrumentFile>();
  #files: ReadonlyMap<string, InstrumentFile> = new Map();
  #cache: InstrumentCache | undefined;
  #following: Promise<{ close(): Promise<void> }> | undefined;

  /** Empty before `start`. */
  constructor(options: InstrumentSourceOptions) {
    this.#options = options;
    this.#cache = options.cache &&
      new InstrumentCache(options.cache, () => this.#master.all());
  }

  /** Watches the key-value store, with retries; until then only instruments of files exist. */
  start(): void {
    const { transport, logger } = this.#options;
    this.#following = beginLasting(async () => {
      const store = await transport.keyValue(INSTRUMENT_STORE);
      const watch = await store.watch((change) => this.#take(change));
      return { close: () => watch.unsubscribe() };
    }, {
      onFailed: (error, isFirst) => {
        if (!isFirst) return;
        logger.warn("instruments of the bus are not followed yet: those of the files are known", {
          why: messageOf(error),
        });
      },
    });
  }

  /** Returns the security master in its current state. */
  async master(): Promise<SecurityMaster> {
    const view = await this.#options.registry?.on();
    const files = view?.found.instruments ?? this.#files;
    if (files !== this.#files) this.#takeFiles(files);
    return this.#master;
  }

  /** Returns the bus's instrument for a feed's name now; undefined = none. */
  ofBus(feed: string, external: string): InstrumentFile | undefined {
    return this.#dynamic.get(this.#master.lookup(feed, external, nowUs()) ?? "");
  }

  /** Stops watching. */
  close(): void {
    void this.#following?.then((following) => following.close());
    this.#cache?.close();
  }

  #takeFiles(files: ReadonlyMap<string, InstrumentFile>): void {
    const before = this.#files;
    this.#files = files;
    for (const id of before.keys()) {
      if (!files.has(id) && !this.#dynamic.has(id)) this.#remove(id);
    }
    for (const [id, instrument] of files) {
      const known = before.get(id);
      const isNews = known === undefined || !isSameInstrument(known, instrument);
      if (isNews && !this.#dynamic.has(id)) this.#put(instrument);
    }
  }

  #take({ key, value }: KeyValueChange): void {
    const id = instrumentOfKey(key);
    if (id === undefined) return;
    if (value === undefined) return this.#leave(id);
    const instrument = decodeInstrument(value);
    if (instrument === undefined || instrument.id !== id) {
      return this.#options.logger.warn("an instrument of the bus cannot be read", { key });
    }
    this.#dynamic.set(id, instrument);
    this.#put(instrument);
    this.#options.onInstrument?.(instrument);
  }

  /** Handles a removal: ended instruments move to a file, which may be older here or missing. */
  #leave(id: string): void {
    const [last, file] = [this.#dynamic.get(id), this.#files.get(id)];
    this.#dynamic.delete(id);
    const isNewer = last !== undefined && isOver(last) && knownUsOf(last) > knownUsOf(file);
    if (isNewer) return;
    if (file === undefined) this.#remove(id);
    else this.#put(file);
  }

  #put(instrument: InstrumentFile): void {
    this.#master.put(instrument);
    this.#cache?.put(instrument);
  }

  #remove(id: string): void {
    this.#master.remove(id);
    this.#cache?.remove(id);
  }
}

/** Returns when the newest version became known, µs; 0 = no version. */
function knownUsOf(instrument: InstrumentFile | undefined): number {
  return usOfInstant(instrument?.versions.at(-1)?.known ?? "") ?? 0;
}
