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

/** What an {@linkcode InstrumentSource} is made of. */
interface InstrumentSourceOptions {
  /** Instruments of files; undefined = none. */
  registry: RegistrySource | undefined;
  /** Bus whose key-value store holds what appeared since. */
  transport: Transport;
  /** Gets a view of what is known; absent = nobody reads one. */
  cache?: Cache;
  /** What the bus says of an instrument is new. */
  onInstrument?: (instrument: InstrumentFile) => void;
  logger: Logger;
}

/**
 * The security master of the gateway: instruments of the registry's files, and over them those of the
 * bus's key-value store, whose changes it follows.
 */
export class InstrumentSource {
  #options: InstrumentSourceOptions;
  #master = new SecurityMaster();
  #dynamic = new Map<string, InstrumentFile>();
  #files: ReadonlyMap<string, InstrumentFile> = new Map();
  #cache: InstrumentCache | undefined;
  #following: Promise<{ close(): Promise<void> }> | undefined;

  /** Holds nothing before `start`. */
  constructor(options: InstrumentSourceOptions) {
    this.#options = options;
    this.#cache = options.cache &&
      new InstrumentCache(options.cache, () => this.#master.all());
  }

  /** Follows the key-value store; while the bus refuses that, there are those of the files. */
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

  /** What is known now. */
  async master(): Promise<SecurityMaster> {
    const view = await this.#options.registry?.on();
    const files = view?.found.instruments ?? this.#files;
    if (files !== this.#files) this.#takeFiles(files);
    return this.#master;
  }

  /** What the bus says of the instrument that a feed's name means now; undefined = nothing. */
  ofBus(feed: string, external: string): InstrumentFile | undefined {
    return this.#dynamic.get(this.#master.lookup(feed, external, nowUs()) ?? "");
  }

  /** Ends the watch. */
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

  /** What is over leaves the bus for a file; the one here may be older, or not be there yet. */
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

/** When the newest version became known, µs; 0 = there is none. */
function knownUsOf(instrument: InstrumentFile | undefined): number {
  return usOfInstant(instrument?.versions.at(-1)?.known ?? "") ?? 0;
}
