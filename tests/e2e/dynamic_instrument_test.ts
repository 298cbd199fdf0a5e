import assert from "node:assert/strict";
import { BusInstruments } from "@ssmd/connector";
import { isAbout } from "@ssmd/metadata";
import { openTransport } from "@ssmd/transport";
import { Folder, runSsmd } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";

const ENV = "dynamic";
const RULE = { feed: "kraken", quote: "USD", status: "open" } as const;

Deno.test("an instrument is added and mapped on the bus alone, and a rule finds it", {
  ignore: !natsServerAvailable(),
}, async () => {
  await using folder = new Folder();
  const dir = folder.path;
  const server = await startNatsServer();
  await writeRegistry(dir, { name: ENV, natsUrl: server.url, feeds: { kraken: { symbols: {} } } });
  const transport = await openTransport({ type: "nats", url: server.url }, { env: ENV });
  const store = await BusInstruments.open(transport, ENV);
  const ssmd = async (args: string, code = 0) => {
    const ran = await runSsmd(["secmaster", ...args.split(" ")], { cwd: dir });
    assert.equal(ran.code, code, ran.output);
    return ran.output;
  };
  const bus = `--dynamic --env ${ENV}`;
  const map = "map NEWUSD --feed kraken --external NEW/USD";
  assert.match(await ssmd(`${map} ${bus}`, 1), /NEWUSD/, "nothing of the name");
  await ssmd(`add NEWUSD --name New --class crypto --base NEW --quote USD ${bus}`);
  const added = (await store.known()).get("NEWUSD");
  assert.ok(added !== undefined && !isAbout(RULE, added));
  await ssmd(`${map} ${bus} --dry-run`);
  assert.deepEqual((await store.known()).get("NEWUSD")?.mappings, []);
  assert.match(await ssmd(`${map} --dynamic`, 2), /--env/);
  await ssmd(`${map} ${bus}`);
  const mapped = (await store.known()).get("NEWUSD");
  assert.ok(mapped !== undefined && isAbout(RULE, mapped));
  assert.deepEqual(mapped.mappings.map(({ feed, external }) => [feed, external]), [
    ["kraken", "NEW/USD"],
  ]);
  assert.deepEqual(mapped.versions, added.versions);
  const files = await Array.fromAsync(Deno.readDir(`${dir}/exchanges/instruments`)).catch(() => []);
  assert.ok(files.every(({ name }) => name !== "NEWUSD.yaml"), "no file");
  await store.close();
  await transport.close();
  await server.stop();
});
