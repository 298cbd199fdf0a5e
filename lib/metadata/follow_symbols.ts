import { isDeepStrictEqual } from "node:util";
import type { Environment } from "./environment.ts";
import {
  changesMarkets,
  environmentChange,
  type EnvironmentSymbols,
  type MarketChoice,
  readChoice,
  type StoringBus,
  SYMBOLS_KEY,
  SYMBOLS_STORE,
} from "./environment_change.ts";
import {
  decodeInstrument,
  INSTRUMENT_STORE,
  instrumentOfKey,
} from "./instruments/dynamic_instruments.ts";
import type { InstrumentFile } from "./instruments/instrument_file.ts";
import { selectedSymbols } from "./selected_symbols.ts";

/** Changes that come together are told together. */
const TELL_MS = 20;
const RETRY_MS = 1000;

/** What is followed of an environment. */
interface FollowedSymbols {
  /** As its file was when the process started. */
  environment: Environment;
  /** Reads the file again. */
  readEnvironment: () => Promise<Environment>;
  /** Instruments of the registry's files; those of the bus take their place. */
  instruments?: ReadonlyMap<string, InstrumentFile>;
  onSymbols: (symbols: EnvironmentSymbols) => void;
  /** What is applied from now on, as the file says it. */
  onChoice?: (choice: MarketChoice) => void;
}

/**
 * Follows the markets of a running environment: those of its file as they are applied since it was
 * read, and those that its rules make of the security master's instruments, which are told once at the
 * start.
 */
export async function followSymbols(
  bus: StoringBus,
  options: FollowedSymbols,
): Promise<{ unsubscribe(): void }> {
  const follower = new SymbolFollower(bus, options);
  try {
    await follower.start();
  } catch (error) {
    follower.close();
    throw error;
  }
  return { unsubscribe: () => follower.close() };
}

class SymbolFollower {
  #bus: StoringBus;
  #options: FollowedSymbols;
  #choice: MarketChoice;
  /** By instrument. */
  #selected = new Map<string, [string, EnvironmentSymbols[string]][]>();
  /** Whether all instruments that rules are about are known. */
  #isCurrent = false;
  #file: { unsubscribe(): void } | undefined;
  #instruments: { unsubscribe(): void } | undefined;
  #changing: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(bus: StoringBus, options: FollowedSymbols) {
    this.#bus = bus;
    this.#options = options;
    this.#choice = options.environment;
  }

  async start(): Promise<void> {
    let isCurrent = false;
    const store = await this.#bus.keyValue(SYMBOLS_STORE);
    this.#file = await store.watch(({ key, value }) => {
      if (!isCurrent || key !== SYMBOLS_KEY || value === undefined) return;
      const choice = readChoice(value);
      if (choice !== undefined) this.#choose(choice);
    }, () => {
      isCurrent = true;
      this.#changing = this.#readFile();
    });
    if (this.#choice.select?.length) await this.#followInstruments();
    else this.#isCurrent = true;
  }

  /**
   * What was applied before the watch began is in the file, but perhaps not yet in what the process read
   * of it. A value of the store is not taken: the file may have been edited since.
   */
  async #readFile(): Promise<void> {
    const { environment, readEnvironment } = this.#options;
    // A change that is told meanwhile is newer.
    const isWanted = () => !this.#isClosed && this.#choice === environment;
    while (isWanted()) {
      try {
        const file = await readEnvironment();
        const change = environmentChange(environment, file);
        const isLive = change.needsRestart.length === 0 && changesMarkets(change);
        if (isWanted() && isLive) this.#choose(file);
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  #choose(choice: MarketChoice): void {
    const isSame = isDeepStrictEqual(this.#choice.select ?? [], choice.select ?? []);
    this.#choice = isSame ? { ...this.#choice, symbols: choice.symbols } : choice;
    this.#options.onChoice?.(choice);
    if (isSame) return this.#tell();
    this.#isCurrent = false;
    this.#changing = this.#changing.then(() => this.#followAnew());
  }

  /** Until it is done the markets are those of before: a bus that is away makes no rule's market leave. */
  async #followAnew(): Promise<void> {
    while (!this.#isClosed) {
      try {
        return await this.#followInstruments();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** From the first one on: of those that no rule is about nothing is kept. */
  async #followInstruments(): Promise<void> {
    this.#instruments?.unsubscribe();
    this.#instruments = undefined;
    this.#selected.clear();
    const { select } = this.#choice;
    const setCurrent = () => {
      this.#isCurrent = select === this.#choice.select;
      this.#tell();
    };
    if (!select?.length) return setCurrent();
    const { instruments } = this.#options;
    for (const [id, instrument] of instruments ?? []) this.#take(id, instrument);
    const store = await this.#bus.keyValue(INSTRUMENT_STORE);
    const watch = await store.watch(({ key, value }) => {
      const id = instrumentOfKey(key);
      // What is over leaves the store for a file; the one that was read here may be older.
      if (id === undefined || (value === undefined && !this.#selected.has(id))) return;
      const instrument = value === undefined ? instruments?.get(id) : decodeInstrument(value);
      if (this.#take(id, instrument)) this.#tell();
    }, setCurrent);
    if (this.#isClosed) watch.unsubscribe();
    else this.#instruments = watch;
  }

  /** Whether another market is meant now. */
  #take(id: string, instrument: InstrumentFile | undefined): boolean {
    const before = this.#selected.get(id) ?? [];
    const { select = [] } = this.#choice;
    const after = instrument === undefined ? [] : selectedSymbols(select, instrument);
    if (after.length === 0) this.#selected.delete(id);
    else this.#selected.set(id, after);
    return !isDeepStrictEqual(before, after);
  }

  #tell(): void {
    if (!this.#isCurrent) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#isCurrent) this.#options.onSymbols(this.#symbols());
    }, TELL_MS);
  }

  /** What the file names goes before what a rule finds. */
  #symbols(): EnvironmentSymbols {
    const { symbols } = this.#choice;
    const named = new Set(Object.values(symbols).map(marketOf));
    const found = [...this.#selected.values()].flat().filter(([, entry]) =>
      !named.has(marketOf(entry))
    );
    return { ...Object.fromEntries(found), ...symbols };
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#file?.unsubscribe();
    this.#instruments?.unsubscribe();
  }
}

function marketOf({ feed, external }: EnvironmentSymbols[string]): string {
  return `${feed} ${external}`;
}
