import assert from "node:assert/strict";
import {
  encodeInstrument,
  INSTRUMENT_STORE,
  type InstrumentFile,
  instrumentKey,
} from "@ssmd/metadata";
import { silentLogger } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";
import { InstrumentSource } from "./instrument_source.ts";
import type { RegistrySource } from "./registry_source.ts";

type State = NonNullable<InstrumentFile["versions"][number]["state"]>;

function market(id: string, state: State, known: string): InstrumentFile {
  return {
    ...{ id, name: id, asset_class: "event" },
    versions: [{ effective: "2026-11-01", known, state }],
    mappings: [{ feed: "kalshi", external: id, from: "2026-11-01", known: "2026-11-01" }],
  };
}

Deno.test("what leaves the bus for a file is never older than the bus said", async () => {
  let instruments = new Map([
    ["OLDER", market("OLDER", "open", "2026-11-02")],
    ["NEWER", market("NEWER", "settled", "2026-11-05")],
  ]);
  const registry = { on: () => Promise.resolve({ found: { instruments } }) };
  const transport = memoryTransport();
  const source = new InstrumentSource({
    ...{ registry: registry as unknown as RegistrySource, transport, logger: silentLogger },
  });
  const statesNow = async () => {
    const master = await source.master();
    return ["OLDER", "NEWER", "MISSING"].map((id) => master.get(id)?.versions.at(-1));
  };
  await statesNow();
  source.start();
  const store = await transport.keyValue(INSTRUMENT_STORE);
  for (const id of ["OLDER", "NEWER", "MISSING"]) {
    await store.put(instrumentKey(id), encodeInstrument(market(id, "settled", "2026-11-04")));
  }
  for (const id of ["OLDER", "NEWER", "MISSING"]) await store.delete(instrumentKey(id));
  const kept = (await statesNow()).map((each) => [each?.state, each?.known]);
  assert.deepEqual(kept, [
    ["settled", "2026-11-04"],
    ["settled", "2026-11-05"],
    ["settled", "2026-11-04"],
  ]);
  instruments = new Map([["OLDER", market("OLDER", "settled", "2026-11-06")]]);
  assert.equal((await statesNow())[0]?.known, "2026-11-06");
  source.close();
  await transport.close();
});
