import assert from "node:assert/strict";
import type { InstrumentFile } from "@ssmd/metadata";
import { type KeyValueStore, memoryTransport, type Transport } from "@ssmd/transport";
import { BusInstruments } from "./bus_instruments.ts";

const ENV = "test";

function market(known: string): InstrumentFile {
  return {
    ...{ id: "KXR-A", name: "Up?", asset_class: "event" },
    versions: [{ effective: known, known, state: "open", series: "KXR" }],
    mappings: [{ feed: "kalshi", external: "KXR-A", from: known, known }],
  };
}

/** The bus of a process that is killed as soon as it reaches the store, or the journal. */
function killedAt(bus: Transport, where: "store" | "journal"): Transport {
  const kill = () => Promise.reject(new Error("killed"));
  const changed = <T extends object>(of: T, calls: Partial<T>): T =>
    new Proxy(of, {
      get(target, name) {
        const value = Reflect.get({ ...calls }, name) ?? Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  if (where === "journal") {
    return changed(bus, {
      publisher: () => changed(bus.publisher(), { publish: () => {}, flush: kill }),
    });
  }
  const keyValue = async (name: string): Promise<KeyValueStore> =>
    changed(await bus.keyValue(name), { put: kill, compareAndSet: kill });
  return changed(bus, { keyValue });
}

const WRITES: Record<string, (store: BusInstruments, fresh: InstrumentFile) => Promise<unknown>> = {
  put: (store, fresh) => store.put([fresh], () => undefined),
  change: (store, fresh) => store.change(fresh.id, () => fresh),
};

for (const [name, write] of Object.entries(WRITES)) {
  for (const where of ["store", "journal"] as const) {
    Deno.test(`a change by ${name} is in the journal once where its writer dies at the ${where}`, async () => {
      const bus = memoryTransport();
      const journal: string[] = [];
      await bus.subscribe([`${ENV}.secmaster.changes`], ({ payload }) => {
        journal.push(JSON.parse(new TextDecoder().decode(payload)).id);
      });
      const killed = await BusInstruments.open(killedAt(bus, where), ENV);
      await assert.rejects(write(killed, market("2026-11-28T00:00:00Z")), { message: "killed" });
      await killed.close();
      const next = await BusInstruments.open(bus, ENV);
      assert.equal((await next.known()).size, 0, "it is new to the next one");
      await write(next, market("2026-11-28T00:00:07Z"));
      assert.equal((await next.known()).size, 1);
      await next.close();
      await bus.close();
      assert.deepEqual(journal, ["KXR-A"]);
    });
  }
}
