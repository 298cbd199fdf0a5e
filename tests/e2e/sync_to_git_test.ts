import assert from "node:assert/strict";
import { BusInstruments } from "@ssmd/connector";
import type { InstrumentFile } from "@ssmd/metadata";
import { openTransport } from "@ssmd/transport";
import { Folder, runSsmd } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";

const ENV = "settled";

function market(id: string, state: "open" | "settled", known: string): InstrumentFile {
  return {
    ...{ id, name: id, asset_class: "event" },
    versions: [{ effective: known, known, state }],
    mappings: [{ feed: "kalshi", external: id, from: known, known }],
  };
}

Deno.test("what was settled for long gets a file, and leaves the bus once the file is read", {
  ignore: !natsServerAvailable(),
}, async () => {
  await using folder = new Folder();
  const dir = folder.path;
  const server = await startNatsServer();
  await writeRegistry(dir, { name: ENV, natsUrl: server.url, feeds: { kalshi: { symbols: {} } } });
  const transport = await openTransport({ type: "nats", url: server.url }, { env: ENV });
  const store = await BusInstruments.open(transport, ENV);
  await store.put([
    market("KX-OLD", "settled", "2026-01-01T00:00:00Z"),
    market("KX-NEW", "settled", new Date().toISOString()),
    market("KX-OPEN", "open", "2026-01-01T00:00:00Z"),
  ], () => undefined);
  const run = async () => {
    const args = ["secmaster", "sync-to-git", "--env", ENV, "--settled-for", "7d"];
    const { code, output } = await runSsmd([...args, "--output", "json"], { cwd: dir });
    assert.equal(code, 0, output);
    return JSON.parse(/^\{$[\s\S]*^\}$/m.exec(output)?.[0] ?? "{}");
  };
  const first = await run();
  assert.deepEqual([first.files.length, first.left_bus], [1, []]);
  assert.deepEqual([...(await store.known()).keys()].sort(), ["KX-NEW", "KX-OLD", "KX-OPEN"]);
  const second = await run();
  assert.deepEqual([second.files, second.left_bus], [[], ["KX-OLD"]]);
  assert.deepEqual([...(await store.known()).keys()].sort(), ["KX-NEW", "KX-OPEN"]);
  const { output } = await runSsmd(
    ["secmaster", "show", "KX-OLD", "--as-of", "2026-02-01", "--output", "json"],
    { cwd: dir },
  );
  assert.match(output, /"state": "settled"/);
  await store.close();
  await transport.close();
  await server.stop();
});
