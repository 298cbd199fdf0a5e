import assert from "node:assert/strict";
import { type Environment, ENVIRONMENT_FILE } from "./environment.ts";
import {
  type EnvironmentSymbols,
  type StoringBus,
  symbolsOfFeed,
  tellChoice,
} from "./environment_change.ts";
import { followSymbols } from "./follow_symbols.ts";
import { encodeInstrument, instrumentKey } from "./instruments/dynamic_instruments.ts";
import type { InstrumentFile } from "./instruments/instrument_file.ts";

function environment(symbols: object, select: object[]): Environment {
  return ENVIRONMENT_FILE.parse({
    ...{ name: "test", feeds: ["kraken", "kalshi"], schema: "v1", symbols, select },
    ...{ transport: { type: "memory" }, storage: { type: "memory" } },
  });
}

/** A file that stays as it was read. */
function unchanged(environment: Environment) {
  return { environment, readEnvironment: () => Promise.resolve(environment) };
}

type Change = { key: string; value: Uint8Array | undefined };

/** A bus whose stores keep nothing but their changes. */
class FakeBus implements StoringBus {
  #stores = new Map<string, { values: Change[]; watches: ((change: Change) => void)[] }>();

  tell(store: string, change: Change): void {
    const { values, watches } = this.#store(store);
    values.push(change);
    for (const watch of watches) watch(change);
  }

  #store(name: string) {
    const store = this.#stores.get(name) ?? { values: [], watches: [] };
    this.#stores.set(name, store);
    return store;
  }

  keyValue(name: string) {
    const { values, watches } = this.#store(name);
    return Promise.resolve({
      get: (key: string) => {
        const at = values.findLastIndex((change) => change.key === key);
        const value = values[at]?.value;
        return Promise.resolve(value && { value, revision: at + 1 });
      },
      put: (key: string, value: Uint8Array) => {
        this.tell(name, { key, value });
        return Promise.resolve(values.length);
      },
      watch: (onChange: (change: Change) => void, onCurrent?: () => void) => {
        for (const value of values) onChange(value);
        onCurrent?.();
        watches.push(onChange);
        const unsubscribe = () => void watches.splice(watches.indexOf(onChange), 1);
        return Promise.resolve({ unsubscribe });
      },
    });
  }

  instrument(instrument: InstrumentFile): void {
    this.tell("secmaster", {
      key: instrumentKey(instrument.id),
      value: encodeInstrument(instrument),
    });
  }
}

function market(id: string, state: InstrumentFile["versions"][number]["state"]): InstrumentFile {
  const at = "2026-11-01";
  return {
    ...{ id, name: id, asset_class: "event" },
    versions: [{ effective: at, known: at, state, series: id.split("-")[0] ?? "" }],
    mappings: [{ feed: "kalshi", external: id, from: at, known: at }],
  };
}

/** What was told next, of several that come at once the last. */
class Reports {
  readonly all: EnvironmentSymbols[] = [];
  #next = Promise.withResolvers<void>();

  take = (symbols: EnvironmentSymbols) => {
    this.all.push(symbols);
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  };

  async next(): Promise<EnvironmentSymbols> {
    await this.#next.promise;
    return this.all.at(-1) as EnvironmentSymbols;
  }
}

const BTC = { feed: "kraken", external: "BTC/USD" };
const RULE = { feed: "kalshi", series: "KXR" };

Deno.test("what is applied between the reading of the file and the watch is not lost", async () => {
  const bus = new FakeBus();
  const [old, applied] = [environment({ BTCUSD: BTC }, []), environment({ NEW: BTC }, [RULE])];
  bus.instrument(market("KXR-1", "open"));
  await tellChoice(bus, applied);
  const reports = new Reports();
  const next = reports.next();
  let tries = 0;
  // An editor is just writing it.
  const readEnvironment = () =>
    tries++ === 0 ? Promise.reject(new Error("half of it")) : Promise.resolve(applied);
  const following = await followSymbols(bus, {
    ...{ environment: old, readEnvironment, onSymbols: reports.take },
  });
  assert.deepEqual(Object.keys(await next).sort(), ["KXR-1", "NEW"]);
  following.unsubscribe();
});

Deno.test("a value older than the file undoes no newer file", async () => {
  const bus = new FakeBus();
  await tellChoice(bus, environment({ OLD: BTC }, []));
  const reports = new Reports();
  const followed = environment({ BTCUSD: BTC }, []);
  const following = await followSymbols(bus, { ...unchanged(followed), onSymbols: reports.take });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(reports.all, []);
  following.unsubscribe();
});

Deno.test("what is told while the file is read again is newer than it", async () => {
  const bus = new FakeBus();
  const read = Promise.withResolvers<Environment>();
  const reports = new Reports();
  const following = await followSymbols(bus, {
    environment: environment({ BTCUSD: BTC }, []),
    readEnvironment: () => read.promise,
    onSymbols: reports.take,
  });
  const next = reports.next();
  await tellChoice(bus, environment({ THIRD: BTC }, []));
  read.resolve(environment({ SECOND: BTC }, []));
  assert.deepEqual(Object.keys(await next), ["THIRD"]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(reports.all.length, 1);
  following.unsubscribe();
});

Deno.test("a file that differs in what wants a restart is left to the restart", async () => {
  const bus = new FakeBus();
  const reports = new Reports();
  const old = environment({ BTCUSD: BTC }, []);
  const following = await followSymbols(bus, {
    environment: old,
    readEnvironment: () => Promise.resolve({ ...old, feeds: ["kraken"], symbols: {} }),
    onSymbols: reports.take,
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(reports.all, []);
  following.unsubscribe();
});

Deno.test("who follows gets each change of the file from now on, and no nonsense", async () => {
  const bus = new FakeBus();
  await tellChoice(bus, environment({ BTCUSD: BTC }, []));
  const reports = new Reports();
  const followed = environment({ BTCUSD: BTC }, []);
  await followSymbols(bus, { ...unchanged(followed), onSymbols: reports.take });
  bus.tell("environment", { key: "symbols", value: new TextEncoder().encode("[1") });
  bus.tell("environment", { key: "other", value: new Uint8Array() });
  assert.deepEqual(reports.all, []);
  const { symbols } = environment({ ETHUSD: { feed: "kraken", external: "E", depth: 10 } }, []);
  const next = reports.next();
  await tellChoice(bus, { symbols });
  assert.deepEqual(await next, symbols);
  const spec = { symbol: "ETHUSD", external: "E", depth: 10 };
  assert.deepEqual(symbolsOfFeed(symbols, "kraken"), [spec]);
  assert.deepEqual(symbolsOfFeed(symbols, "kalshi"), []);
});

Deno.test("markets of a rule come when they are made and go when they are settled", async () => {
  const bus = new FakeBus();
  bus.instrument(market("KXR-1", "open"));
  bus.instrument(market("KXR-0", "settled"));
  bus.instrument(market("KXOTHER-1", "open"));
  const files = new Map([["KXR-9", market("KXR-9", "listed")], [
    "KXR-0",
    market("KXR-0", "open"),
  ]]);
  const reports = new Reports();
  const first = reports.next();
  const following = await followSymbols(bus, {
    ...unchanged(environment({ BTCUSD: BTC }, [RULE])),
    instruments: files,
    onSymbols: reports.take,
  });
  assert.deepEqual(Object.keys(await first).sort(), ["BTCUSD", "KXR-1", "KXR-9"]);
  for (const state of ["determined", "disputed", "settled"] as const) {
    const next = reports.next();
    bus.instrument(market("KXR-1", state));
    bus.instrument(market(`KXR-${state}`, "listed"));
    assert.equal("KXR-1" in await next, state !== "settled", state);
  }
  const last = reports.next();
  // What the file names goes before a rule.
  const symbols = { OURS: { feed: "kalshi", external: "KXR-9" } };
  await tellChoice(bus, environment(symbols, [RULE]));
  const published = await last;
  assert.equal(published["OURS"]?.external, "KXR-9");
  assert.equal(published["KXR-9"], undefined);
  const count = reports.all.length;
  following.unsubscribe();
  bus.instrument(market("KXR-2", "open"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(reports.all.length, count);
});

Deno.test("what leaves the bus for a file does not come back by an older file", async () => {
  const bus = new FakeBus();
  const reports = new Reports();
  const first = reports.next();
  const following = await followSymbols(bus, {
    ...unchanged(environment({ BTCUSD: BTC }, [RULE])),
    instruments: new Map([["KXR-1", market("KXR-1", "open")]]),
    onSymbols: reports.take,
  });
  assert.ok("KXR-1" in await first);
  const settled = reports.next();
  bus.instrument(market("KXR-1", "settled"));
  assert.ok(!("KXR-1" in await settled));
  bus.tell("secmaster", { key: instrumentKey("KXR-1"), value: undefined });
  const next = reports.next();
  bus.instrument(market("KXR-2", "open"));
  assert.deepEqual(Object.keys(await next).sort(), ["BTCUSD", "KXR-2"]);
  following.unsubscribe();
});

Deno.test("each outcome of a market has a symbol of its own", async () => {
  const bus = new FakeBus();
  const tokens = [["1", "Yes"], ["2", "No, never"]] as const;
  const mappings = tokens.map(([external, outcome]) => ({
    ...{ feed: "kalshi", external, outcome, from: "2026-11-01", known: "2026-11-01" },
  }));
  bus.instrument({ ...market("KXR-1", "open"), mappings });
  const reports = new Reports();
  const first = reports.next();
  const options = { ...unchanged(environment({}, [RULE])), onSymbols: reports.take };
  const following = await followSymbols(bus, options);
  assert.deepEqual(await first, {
    "KXR-1:Yes": { feed: "kalshi", external: "1" },
    "KXR-1:No_never": { feed: "kalshi", external: "2" },
  });
  following.unsubscribe();
});

Deno.test("a rule for open markets names them while they trade", async () => {
  const bus = new FakeBus();
  bus.instrument(market("KXR-1", "listed"));
  bus.instrument(market("KXR-2", "open"));
  bus.instrument(market("KXR-3", "halted"));
  const reports = new Reports();
  const first = reports.next();
  const select = [{ ...RULE, status: "open" }];
  const options = { ...unchanged(environment({}, select)), onSymbols: reports.take };
  const following = await followSymbols(bus, options);
  assert.deepEqual(await first, { "KXR-2": { feed: "kalshi", external: "KXR-2" } });
  following.unsubscribe();
});

Deno.test("other rules are followed as they are applied: what stays is never off in between", async () => {
  const bus = new FakeBus();
  for (const id of ["KXR-1", "KXS-1"]) bus.instrument(market(id, "open"));
  const reports = new Reports();
  const choices: (number | undefined)[] = [];
  const following = await followSymbols(bus, {
    ...unchanged(environment({ BTCUSD: BTC }, [])),
    instruments: new Map([["KXS-2", market("KXS-2", "open")]]),
    onSymbols: reports.take,
    onChoice: ({ select }) => choices.push(select?.length),
  });
  const rules = (...series: string[]) => series.map((each) => ({ feed: "kalshi", series: each }));
  const apply = async (...select: object[]) => {
    const next = reports.next();
    await tellChoice(bus, environment({ BTCUSD: BTC }, select));
    return Object.keys(await next).sort();
  };
  assert.deepEqual(await apply(...rules("KXR")), ["BTCUSD", "KXR-1"]);
  // Two at once: the last one counts.
  await tellChoice(bus, environment({ BTCUSD: BTC }, rules("KXNONE")));
  assert.deepEqual(await apply(...rules("KXR", "KXS")), ["BTCUSD", "KXR-1", "KXS-1", "KXS-2"]);
  const news = reports.next();
  bus.instrument(market("KXS-3", "listed"));
  assert.ok("KXS-3" in await news);
  assert.deepEqual(await apply(...rules("KXS")), ["BTCUSD", "KXS-1", "KXS-2", "KXS-3"]);
  assert.deepEqual(await apply(), ["BTCUSD"]);
  assert.deepEqual(choices, [1, 1, 2, 1, 0]);
  assert.ok(reports.all.every((symbols) => "BTCUSD" in symbols));
  const both = reports.all.slice(1, -2);
  assert.ok(both.every((symbols) => "KXS-1" in symbols), JSON.stringify(reports.all));
  following.unsubscribe();
});
