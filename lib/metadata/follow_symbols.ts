import { isDeepStrictEqual } from "node:util";
import type { Environment } from "./environment.ts";
import {
  type EnvironmentSymbols,
  readSymbols,
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

/** What is followed of an environment. */
interface FollowedSymbols {
  environment: Pick<Environment, "symbols" | "select">;
  /** Instruments of the registry's files; those of the bus take their place. */
  instruments?: ReadonlyMap<string, InstrumentFile>;
  onSymbols: (symbols: EnvironmentSymbols) => void;
}

/**
 * Follows the markets of a running environment: those of its file as they are applied from now on, and
 * those that its rules make of the security master's instruments, which are told once at the start.
 */
export async function followSymbols(
  bus: StoringBus,
  options: FollowedSymbols,
): Promise<{ unsubscribe(): void }> {
  const follower = new SymbolFollower(options);
  const watches = [await follower.followFile(bus)];
  if (options.environment.select?.length) watches.push(await follower.followInstruments(bus));
  return {
    unsubscribe: () => {
      follower.close();
      for (const watch of watches) watch.unsubscribe();
    },
  };
}

class SymbolFollower {
  #options: FollowedSymbols;
  #named: EnvironmentSymbols;
  /** By instrument. */
  #selected = new Map<string, [string, EnvironmentSymbols[string]][]>();
  /** Whether the instruments of the bus are known. */
  #isCurrent: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: FollowedSymbols) {
    this.#options = options;
    this.#named = options.environment.symbols;
    this.#isCurrent = !options.environment.select?.length;
    for (const [id, instrument] of options.instruments ?? []) this.#take(id, instrument);
  }

  /** What was applied before is in the file that was read. */
  async followFile(bus: StoringBus): Promise<{ unsubscribe(): void }> {
    let isCurrent = false;
    const store = await bus.keyValue(SYMBOLS_STORE);
    return await store.watch(({ key, value }) => {
      if (!isCurrent || key !== SYMBOLS_KEY || value === undefined) return;
      const symbols = readSymbols(value);
      if (symbols === undefined) return;
      this.#named = symbols;
      this.#tell();
    }, () => isCurrent = true);
  }

  async followInstruments(bus: StoringBus): Promise<{ unsubscribe(): void }> {
    const store = await bus.keyValue(INSTRUMENT_STORE);
    return await store.watch(({ key, value }) => {
      const id = instrumentOfKey(key);
      if (id === undefined) return;
      const instrument = value === undefined
        ? this.#options.instruments?.get(id)
        : decodeInstrument(value);
      if (this.#take(id, instrument)) this.#tell();
    }, () => {
      this.#isCurrent = true;
      this.#tell();
    });
  }

  /** Whether another market is meant now. */
  #take(id: string, instrument: InstrumentFile | undefined): boolean {
    const before = this.#selected.get(id) ?? [];
    const { select = [] } = this.#options.environment;
    const after = instrument === undefined ? [] : selectedSymbols(select, instrument);
    if (after.length === 0) this.#selected.delete(id);
    else this.#selected.set(id, after);
    return !isDeepStrictEqual(before, after);
  }

  #tell(): void {
    if (!this.#isCurrent) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#options.onSymbols(this.#symbols());
    }, TELL_MS);
  }

  /** What the file names goes before what a rule finds. */
  #symbols(): EnvironmentSymbols {
    const named = new Set(Object.values(this.#named).map(marketOf));
    const found = [...this.#selected.values()].flat().filter(([, entry]) =>
      !named.has(marketOf(entry))
    );
    return { ...Object.fromEntries(found), ...this.#named };
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

function marketOf({ feed, external }: EnvironmentSymbols[string]): string {
  return `${feed} ${external}`;
}
