import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { AddressInfo } from "node:net";
// @ts-types="@types/ws"
import { type WebSocket, WebSocketServer } from "ws";
import { eventually, Folder, RunningUp, runSsmd, verify } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";
import { ENV, rawConnections } from "./_rig.ts";

/** Frames that no venue should send. */
const FRAMES: Record<string, string | Uint8Array> = {
  "an empty text": "",
  "a number": "42",
  null: "null",
  "a list": "[1,2,3]",
  "an empty object": "{}",
  "JSON over two lines": `{"channel":"heartbeat",\n"x":1}`,
  "two objects": `{"channel":"heartbeat"}{"channel":"heartbeat"}`,
  "no UTF-8": Uint8Array.of(0x22, 0xff, 0xfe, 0x22),
  "a byte order mark": `\ufeff{"channel":"heartbeat"}`,
  "a prototype": `{"__proto__":{"channel":"book"},"constructor":1}`,
  "deep brackets": "[".repeat(100_000),
  "a number out of range": `{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD",` +
    `"bids":[{"price":1e999,"qty":1}],"asks":[],"checksum":1}]}`,
  "a book of wrong types": `{"channel":"book","type":"snapshot","data":[{"symbol":7,"bids":"x"}]}`,
  "a trade of wrong types": `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD",` +
    `"price":"64000","qty":null,"side":"sideways"}]}`,
  "a ticker without its symbol": `{"channel":"ticker","type":"update","data":[{"bid":1}]}`,
  "data that is no list": `{"channel":"trade","type":"update","data":{"symbol":"BTC/USD"}}`,
};

/** Well formed, and of no channel that we know: no loss. */
const UNKNOWN = `{"channel":"\\ud800"}`;

const TRADE = `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy",` +
  `"price":64000.1,"qty":0.5,"ord_type":"limit","trade_id":1,` +
  `"timestamp":"2026-08-01T00:00:00.000000Z"}]}`;

Deno.test("whatever a venue sends, up keeps it once, says that it cannot be read, and takes what follows", async () => {
  await using venue = await openVenue();
  await using folder = new Folder();
  await writeRegistry(folder.path, {
    name: ENV,
    feeds: { kraken: { symbols: { BTCUSD: "BTC/USD" }, endpoint: venue.url } },
  });
  await using up = new RunningUp(["--env", ENV], { cwd: folder.path });
  const socket = await venue.connected;
  for (const frame of Object.values(FRAMES)) socket.send(frame, { binary: false });
  socket.send(UNKNOWN);
  socket.send(TRADE);
  await eventually(
    "the trade behind all of it",
    async () =>
      await up.metric(`ssmd_connector_messages_published_total{feed="kraken",type="trade"}`) === 1,
  );
  const unread = up.lines.filter(({ message }) => message.startsWith("a frame cannot be read"));
  assert.equal(unread.length, Object.keys(FRAMES).length);
  for (const { reason } of unread) assert.ok(String(reason).length < 400);
  assert.equal((await up.stop()).code, 0, up.output);
  assert.equal(up.captured()["unreadable"], unread.length);
  const letters = async (verb: string): Promise<{ component: string; state?: string }[]> => {
    const { output } = await runSsmd(["dlq", verb, "--env", ENV, "--output", "json"], {
      cwd: folder.path,
    });
    return JSON.parse(output.slice(output.indexOf("[\n")));
  };
  assert.deepEqual((await letters("list")).map(({ component }) => component), [
    ...unread.map(() => "connector"),
  ]);
  assert.deepEqual((await letters("replay")).map(({ state }) => state), unread.map(() => "kept"));
  const verified = await verify(`${folder.path}/data`);
  assert.equal(verified.code, 0, verified.output);
  assert.equal(verified.days[0]?.records.gap, unread.length);
  const text = (frame: string | Uint8Array) => Buffer.from(frame as string).toString();
  const sent = [...Object.values(FRAMES), UNKNOWN, TRADE].map(text);
  assert.deepEqual(await rawConnections(`${folder.path}/data`, "kraken"), [sent]);
});

/** A server that accepts everything and says only what the test says. */
async function openVenue() {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  const connected = new Promise<WebSocket>((resolve) => server.once("connection", resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v2`,
    connected,
    [Symbol.asyncDispose]: async () => {
      for (const client of server.clients) client.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
