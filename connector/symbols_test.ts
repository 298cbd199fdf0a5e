import assert from "node:assert/strict";
import { type FakeClient, send } from "./testing/fake_exchange.ts";
import { ConnectorRig } from "./testing/connector_rig.ts";

const specs = (...symbols: string[]) => symbols.map((symbol) => ({ symbol, external: symbol }));
const asks = (...symbols: string[]) => ({ received }: FakeClient) =>
  received.includes(`subscribe ${symbols.join(" ")}`);

async function withRig(
  symbols: readonly string[],
  body: (rig: ConnectorRig) => Promise<void>,
): Promise<void> {
  const rig = new ConnectorRig({ symbols });
  try {
    await body(rig);
  } finally {
    await rig.close();
  }
}

/** Asked for with others on a new connection, or by itself on one that had room. */
const has = (symbol: string) => ({ received }: FakeClient) =>
  received.some((text) => text === `subscribe ${symbol}` || text === `snapshot ${symbol}`);

Deno.test("a market that is added comes on a connection that has room, which goes on", () =>
  withRig(["A"], async (rig) => {
    const connector = await rig.start();
    const first = await rig.exchange.client(asks("A"));
    send(first, { snap: "A", n: 1 }, { trade: "A", id: 1 });
    await rig.until(() => rig.tradeIds().length === 1);
    await connector.changeSymbols(specs("A", "B"));
    await rig.exchange.until(() => first.received.find((text) => text === "snapshot B"));
    send(first, { snap: "B", n: 1 }, { trade: "B", id: 2 }, { book: "A", n: 2 });
    await rig.until(() => rig.tradeIds().length === 2);
    assert.equal(connector.stats().connections.length, 1);
    assert.deepEqual(connector.stats().missing, 0);
    // It is asked for with the next connection as well.
    first.socket.terminate();
    const again = await rig.exchange.client((client, i) => i >= 1 && asks("A", "B")(client));
    send(again, { snap: "A", n: 3 }, { snap: "B", n: 2 }, { trade: "B", id: 3 });
    await rig.until(() => rig.tradeIds().length === 3);
    assert.ok(rig.gaps().every(({ reason }) => reason === "disconnect"));
    await connector.close();
  }));

Deno.test("markets that are added come on new connections where no other has room", () =>
  withRig(["A", "B"], async (rig) => {
    const connector = await rig.start();
    const first = await rig.exchange.client(asks("A", "B"));
    send(first, { snap: "A", n: 1 }, { trade: "A", id: 1 });
    await rig.until(() => rig.tradeIds().length === 1);
    assert.deepEqual(await connector.changeSymbols(specs("A", "B", "C", "D", "E")), {
      added: 3,
      takenOff: 0,
    });
    const [second, third] = [
      await rig.exchange.client(asks("C", "D")),
      await rig.exchange.client(asks("E")),
    ];
    send(first, { trade: "A", id: 2 });
    send(second, { trade: "C", id: 3 });
    send(third, { trade: "E", id: 4 });
    await rig.until(() => rig.tradeIds().length === 4);
    assert.equal(first.received.length, 1, "the first connection was asked for nothing more");
    assert.equal(connector.stats().connections.length, 3);
    assert.deepEqual(rig.gaps(), []);
    await connector.close();
  }));

Deno.test("a market that is taken off is unsubscribed, an empty connection is closed", () =>
  withRig(["A", "B", "C"], async (rig) => {
    const connector = await rig.start();
    const first = await rig.exchange.client(asks("A", "B"));
    const second = await rig.exchange.client(asks("C"));
    send(first, { trade: "A", id: 1 });
    send(second, { trade: "C", id: 2 });
    await rig.until(() => rig.tradeIds().length === 2);
    const closed = new Promise((resolve) => second.socket.once("close", resolve));
    assert.deepEqual(await connector.changeSymbols(specs("B")), { added: 0, takenOff: 2 });
    await rig.exchange.until(() => first.received.find((text) => text === "unsubscribe A"));
    await closed;
    send(first, { trade: "B", id: 3 });
    await rig.until(() => rig.tradeIds().length === 3);
    assert.equal(connector.stats().connections.length, 1);
    assert.deepEqual(rig.gaps(), []);
    // It is not subscribed with the next connection either.
    first.socket.terminate();
    const again = await rig.exchange.client((client, i) => i >= 2 && asks("B")(client));
    send(again, { trade: "B", id: 4 });
    await rig.until(() => rig.tradeIds().length === 4);
    await connector.close();
  }));

Deno.test("markets that come and go in rounds leave the others without a gap", () =>
  withRig(["A"], async (rig) => {
    const connector = await rig.start();
    const first = await rig.exchange.client(asks("A"));
    let id = 0;
    for (let round = 0; round < 20; round++) {
      const [old, next] = [`M${round - 1}`, `M${round}`];
      await connector.changeSymbols(specs("A", next, ...(round > 0 ? [old] : [])));
      const client = await rig.exchange.client(has(next));
      send(client, { trade: next, id: ++id });
      send(first, { trade: "A", id: ++id });
      await rig.until(() => rig.tradeIds().length === id);
      await connector.changeSymbols(specs("A", next));
    }
    assert.ok(connector.stats().connections.length <= 2);
    assert.deepEqual(rig.gaps(), []);
    assert.deepEqual(rig.tradeIds(), Array.from({ length: id }, (_, n) => n + 1));
    await connector.close();
  }));

Deno.test("of a market that comes back on another connection nothing is told twice", () =>
  withRig(["A", "B", "C"], async (rig) => {
    const connector = await rig.start();
    const first = await rig.exchange.client(asks("A", "B"));
    const second = await rig.exchange.client(asks("C"));
    send(first, { trade: "A", id: 1 });
    send(second, { trade: "C", id: 10, count: 3 });
    await rig.until(() => rig.tradeIds().length === 4);
    await connector.changeSymbols(specs("A", "B"));
    await connector.changeSymbols(specs("A", "B", "C"));
    const third = await rig.exchange.client((client, i) => i >= 2 && asks("C")(client));
    send(third, { trade: "C", id: 11, count: 4 });
    await rig.until(() => rig.tradeIds().length >= 6);
    assert.deepEqual(rig.tradeIds(), [1, 10, 11, 12, 13, 14]);
    await connector.close();
  }));

Deno.test("what was captured of added markets is recovered after a crash", () =>
  withRig(["A", "B"], async (rig) => {
    const connector = await rig.start();
    const first = await rig.exchange.client(asks("A", "B"));
    send(first, { trade: "A", id: 1 });
    await rig.until(() => rig.tradeIds().length === 1);
    await connector.changeSymbols(specs("A", "C"));
    await connector.changeSymbols(specs("A", "C", "D"));
    const second = await rig.exchange.client(asks("D"));
    send(second, { trade: "D", id: 2 });
    send(first, { trade: "C", id: 3 });
    await rig.until(() => rig.tradeIds().length === 3);
    const ids = [...rig.ids];
    await connector.stop();
    const { spoolCopy, files } = await copyOf(rig.spoolDir);
    await connector.close();
    assert.ok(files > 0);
    const bus = new ConnectorRig({ symbols: ["A", "C", "D"] });
    await Deno.rename(spoolCopy, bus.spoolDir);
    await bus.listen();
    await bus.exchange.listen();
    const next = bus.connector();
    await next.start();
    await bus.until(() => bus.tradeIds().length === 3);
    assert.deepEqual(bus.ids.slice(0, ids.length), ids);
    await next.close();
    await bus.close();
  }));

/** The spool as a crash would leave it. */
async function copyOf(dir: string): Promise<{ spoolCopy: string; files: number }> {
  const spoolCopy = await Deno.makeTempDir({ prefix: "ssmd-spool-" });
  let files = 0;
  for await (const { name, isFile } of Deno.readDir(dir)) {
    if (!isFile || !name.endsWith(".log")) continue;
    await Deno.copyFile(`${dir}/${name}`, `${spoolCopy}/${name}`);
    files++;
  }
  return { spoolCopy, files };
}
