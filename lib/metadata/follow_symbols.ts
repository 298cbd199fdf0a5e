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

/** Debounce of change notifications. */
const TELL_MS = 20;
const RETRY_MS = 1000;

/** Options of {@linkcode followSymbols}. */
interface FollowedSymbols {
  /** Environment as loaded at process start. */
  environment: Environment;
  /** Re-reads the file. */
  readEnvironment: () => Promise<Environment>;
  /** Instruments of the registry files; those on the bus override them. */
  instruments?: ReadonlyMap<string, InstrumentFile>;
  onSymbols: (symbols: EnvironmentSymbols) => void;
  /** Called with markets and rules once they apply, as in the file. */
  onChoice?: (choice: MarketChoice) => void;
}

/**
 * Follows the markets of a running environment: those of its file as changes are applied, and those
 * its rules select from the security master's instruments. Reports the initial set once at the
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
  /** Selected symbols by instrument id. */
  #selected = new Map<string, [string, EnvironmentSymbols[string]][]>();
  /** Whether all instruments that the rules select are known. */
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
   * Re-reads the file: changes applied before the watch began are in it, but perhaps not in what
   * the process has read. The stored value is not used, as the file may have been edited since.
   */
  async #readFile(): Promise<void> {
    const { environment, readEnvironment } = this.#options;
    // A change received meanwhile is newer.
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

  /** Retries until it succeeds; meanwhile the old markets stay, so a bus outage removes none. */
  async #followAnew(): Promise<void> {
    while (!this.#isClosed) {
      try {
        return await this.#followInstruments();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  /** Restarts from the first instrument, as unselected instruments are not kept. */
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
      // A finished instrument moves from the store to a file; the copy read here may be older.
      if (id === undefined || (value === undefined && !this.#selected.has(id))) return;
      const instrument = value === undefined ? instruments?.get(id) : decodeInstrument(value);
      if (this.#take(id, instrument)) this.#tell();
    }, setCurrent);
    if (this.#isClosed) watch.unsubscribe();
    else this.#instruments = watch;
  }

  /** Updates an instrument's selection; returns whether it changed. */
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

  /** Named symbols take precedence over selected ones. */
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
