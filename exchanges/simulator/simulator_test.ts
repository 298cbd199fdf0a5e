import assert from "node:assert/strict";
import { type Simulator, startSimulator } from "./mod.ts";
import { TestClient } from "./testing.ts";

const BOOK = { method: "subscribe", params: { channel: "book", symbol: ["BTC/USD"] } };

Deno.test("the ledger holds what each client got, in order", async () => {
  const folder = await Deno.makeTempDir();
  const simulator = await startSimulator({
    venue: "kraken",
    ledger: `${folder}/ledger.jsonl`,
    source: { type: "model", seed: 1, speed: "max", events: 2000 },
  });
  const clients = [await TestClient.open(simulator.url), await TestClient.open(simulator.url)];
  for (const client of clients) client.send(BOOK);
  await simulator.done;
  simulator.fault({ type: "rubbish", what: "binary" });
  simulator.fault({ type: "rubbish", what: "truncated" });
  for (const client of clients) await client.next((frame) => frame.endsWith(`"price":6`));
  for (const client of clients) await client.close();
  await simulator.close();
  const lines = (await Deno.readTextFile(`${folder}/ledger.jsonl`)).trimEnd().split("\n");
  clients.forEach((client, i) => {
    const own = lines.filter((line) => line.startsWith(`{"c":${i + 1},`));
    const texts = own.map((line) => {
      if (line.includes(`,"m":`)) return line.slice(`{"c":1,"m":`.length, -1);
      const bytes = Uint8Array.fromBase64(JSON.parse(line).x);
      return bytes[0] === 0 ? `<${bytes.length} bytes>` : new TextDecoder().decode(bytes);
    });
    assert.deepEqual(texts, client.frames);
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("at max speed a client that does not read holds the model, memory stays bounded", async () => {
  const simulator = await startSimulator({
    venue: "kraken",
    source: { type: "model", seed: 1, speed: "max", events: 100_000 },
  });
  const client = await TestClient.open(simulator.url);
  client.send({ ...BOOK, params: { ...BOOK.params, symbol: ["BTC/USD", "ETH/USD"] } });
  await client.next((frame) => frame.includes(`"update"`));
  client.pause();
  const settled = await playedOnceStill(simulator);
  assert.ok(settled < 100_000, `${settled} played`);
  client.resume();
  await simulator.done;
  assert.equal(simulator.stats().played, 100_000);
  assert.equal(client.frames.length, simulator.stats().framesSent);
  await client.close();
  await simulator.close();
});

/** Events played when the number does not change any more. */
async function playedOnceStill(simulator: Simulator): Promise<number> {
  let played = -1;
  while (played !== simulator.stats().played) {
    played = simulator.stats().played;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  return played;
}

Deno.test("a port in use, a wrong speed and a ledger nowhere are refused with the reason", async () => {
  const source = { type: "model", seed: 1 } as const;
  const simulator = await startSimulator({ venue: "kraken", source });
  const { port } = simulator;
  await assert.rejects(startSimulator({ venue: "kraken", source, port }), { code: "PORT_IN_USE" });
  await assert.rejects(startSimulator({ venue: "kraken", source: { ...source, speed: 0 } }), {
    code: "SPEED_INVALID",
  });
  await assert.rejects(startSimulator({ venue: "kraken", source, ledger: "/nowhere/at/all" }), {
    code: "LEDGER_OPEN",
  });
  await assert.rejects(startSimulator({ venue: "kalshi", source, publicKeyPem: "secret" }), {
    code: "KEY_UNREADABLE",
  });
  await simulator.close();
});

Deno.test("another path is no WebSocket, plain HTTP tells what there is", async () => {
  const simulator = await startSimulator({
    venue: "kraken",
    source: { type: "model", seed: 1 },
  });
  const base = `127.0.0.1:${simulator.port}`;
  await assert.rejects(TestClient.open(`ws://${base}/v1`), /404/);
  const response = await fetch(`http://${base}/`);
  assert.equal(response.status, 404);
  assert.match(await response.text(), /GET \/stats, POST \/fault/);
  const wrong = await fetch(`http://${base}/fault`);
  assert.equal(wrong.status, 405);
  await wrong.body?.cancel();
  await simulator.close();
});

Deno.test("Deno's own WebSocket gets in step with a plain one", async () => {
  const simulator = await startSimulator({
    venue: "kraken",
    source: { type: "model", seed: 2, speed: "max", events: 2000, startUs: 1e15 },
  });
  const socket = new WebSocket(simulator.url);
  const frames: string[] = [];
  socket.onmessage = ({ data }) => frames.push(data);
  await new Promise((resolve) => socket.onopen = resolve);
  const plain = await TestClient.open(simulator.url);
  socket.send(JSON.stringify(BOOK));
  plain.send(BOOK);
  await simulator.done;
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
  await plain.close();
  await simulator.close();
  const updates = (list: string[]) => list.filter((frame) => frame.includes(`"update","data"`));
  const [own, others] = [updates(frames), updates(plain.frames)];
  // One may have subscribed before the other one; the first update of each is of its own snapshot.
  const both = Math.min(own.length, others.length) - 1;
  assert.ok(both > 100);
  assert.deepEqual(own.slice(-both), others.slice(-both));
});
