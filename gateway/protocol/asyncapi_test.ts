import assert from "node:assert/strict";
import { decode } from "@ssmd/codec";
import { EVENT_TYPES } from "@ssmd/market";
import fc from "fast-check";
import { protocolMistake } from "../testing/protocol_check.ts";
import { until, withGateway } from "../testing/gateway_rig.ts";
import { STREAM_ERRORS } from "./error_codes.ts";
import { parseRequest } from "../stream/request.ts";
import { RequestError } from "../stream/request_error.ts";
import { WebSocket as NodeWebSocket } from "ws";
import { CLIENT_REQUEST } from "./requests.ts";

const TEXT = await Deno.readTextFile(new URL("../PROTOCOL.md", import.meta.url));

/** Lines of the blocks of this kind. */
function linesOf(kind: string): string[] {
  const blocks = [...TEXT.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\``, "gms"))];
  assert.ok(blocks.length > 0);
  return blocks.flatMap(([, block = ""]) => isJson(block) ? [block] : block.trim().split("\n"));
}

/** Whether a block is one message, written over several lines. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

Deno.test("every message in PROTOCOL.md is one that the description allows", () => {
  const types = new Set<string>();
  for (const line of linesOf("json message")) {
    const message = JSON.parse(line);
    types.add(message.type);
    assert.equal(protocolMistake(message), undefined);
  }
  for (const type of EVENT_TYPES) assert.ok(types.has(type));
});

Deno.test("every request in PROTOCOL.md is understood by a gateway as it stands", () =>
  withGateway(async ({ client }) => {
    const one = await client();
    for (const line of linesOf("json request")) {
      assert.equal(CLIENT_REQUEST.safeParse(JSON.parse(line)).success, true, line);
      one.send(line);
    }
    await one.settle();
    await one.when(() => one.count("subscribed") === 5);
    assert.deepEqual(one.of("error"), []);
  }));

Deno.test("the client in PROTOCOL.md runs, and comes back where it was", () =>
  withGateway(async ({ gateway, connector }) => {
    const [code = ""] = [...TEXT.matchAll(/^```js\n(.*?)^```/gms)].map(([, block]) => block ?? "");
    const messages: Record<string, unknown>[] = [];
    const sockets: WebSocket[] = [];
    class Watched extends WebSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    }
    let again = () => {};
    const run = new Function(
      "WebSocket",
      "console",
      "setTimeout",
      code.replaceAll("8080", `${gateway.port}`),
    );
    const log = { log: (message: Record<string, unknown>) => messages.push(message) };
    run(Watched, log, (connect: () => void) => again = connect);
    const count = () => messages.filter(({ type }) => type === "trade").length;
    await until(() => messages.some(({ type }) => type === "subscribed"));
    connector.trade("BTCUSD", 1);
    await until(() => count() === 1);
    const closed = new Promise((resolve) => sockets[0]?.addEventListener("close", resolve));
    sockets[0]?.close();
    await closed;
    connector.trade("BTCUSD", 2);
    again();
    await until(() => messages.some(({ type }) => type === "resumed"));
    connector.trade("BTCUSD", 3);
    await until(() => count() === 3);
    const prices = messages.filter(({ type }) => type === "trade").map(({ price }) => price);
    assert.deepEqual(prices, [1, 2, 3]);
    const end = new Promise((resolve) => sockets[1]?.addEventListener("close", resolve));
    sockets[1]?.close();
    await end;
  }));

Deno.test("the table of errors in PROTOCOL.md is that of the code", () => {
  const rows = [...TEXT.matchAll(/^\| (\d{4}) +\| `(\w+)` +\| (.*?) +\| ?(\d*) *\|$/gm)].map(
    ([, number, code, meaning, close]) => [code, Number(number), meaning, Number(close ?? 0)],
  );
  const wanted = Object.entries(STREAM_ERRORS).map(([code, error]) => [
    code,
    error.number,
    error.meaning,
    "close" in error ? error.close : 0,
  ]);
  assert.deepEqual(rows, wanted);
});

Deno.test("the description is AsyncAPI 3, and all its references lead somewhere", () =>
  withGateway(async ({ get }) => {
    const { status, body } = await get("/asyncapi.json");
    assert.equal(status, 200);
    assert.equal(body["asyncapi"], "3.0.0");
    const references = [...JSON.stringify(body).matchAll(/"\$ref":"#\/([^"]+)"/g)];
    assert.ok(references.length > 20);
    for (const [, path = ""] of references) {
      const found = path.split("/").reduce<unknown>(
        (at, key) => (at as Record<string, unknown> | undefined)?.[key],
        body,
      );
      assert.notEqual(found, undefined, path);
    }
    const channel = (body["channels"] as Record<string, Record<string, unknown>>)["stream"];
    assert.equal(channel?.["address"], "/v1/stream");
  }));

Deno.test("what the description allows as a request is understood", () => {
  const text = fc.string({ minLength: 1, maxLength: 20 });
  const request = fc.record({
    action: fc.constantFrom("subscribe", "unsubscribe", "snapshot", "ping", "x"),
    symbols: fc.array(text, { maxLength: 3 }),
    types: fc.array(fc.constantFrom(...EVENT_TYPES, "y"), { maxLength: 3 }),
    mode: fc.constantFrom("realtime", "conflated", "latest", "z"),
    interval_ms: fc.integer({ min: 0, max: 70_000 }),
    policy: fc.constantFrom("drop_oldest", "block", "conflate"),
    id: fc.oneof(text, fc.integer(), fc.boolean()),
  }, { requiredKeys: ["action"] });
  let allowed = 0;
  fc.assert(
    fc.property(request, (value) => {
      if (!CLIENT_REQUEST.safeParse(value).success) return;
      allowed++;
      assert.ok(!(parseRequest(JSON.stringify(value)) instanceof RequestError));
    }),
    { numRuns: 5000, seed: 11 },
  );
  assert.ok(allowed > 10);
});

Deno.test("binary frames hold the bytes of the bus, and what they are stands behind them", () =>
  withGateway(async ({ gateway, connector, transport }) => {
    const stored: Uint8Array[] = [];
    await transport.subscribe(["test.>"], ({ payload }) => void stored.push(payload));
    connector.snapshot("BTCUSD");
    connector.delta("BTCUSD", [{ price: 4, size: 2 }], []);
    const url = `${gateway.url.replace("http", "ws")}/v1/stream?symbols=BTCUSD&format=capnp`;
    const ws = new WebSocket(url);
    ws.binaryType = "arraybuffer";
    const frames: Uint8Array[] = [];
    const texts: string[] = [];
    ws.onmessage = ({ data }) => {
      if (typeof data === "string") texts.push(JSON.parse(data).type);
      else frames.push(new Uint8Array(data));
    };
    await until(() => frames.length === 1);
    assert.deepEqual(texts, ["welcome", "subscribed"]);
    const book = decode("orderbook", (frames[0] as Uint8Array).subarray(0, -16));
    assert.deepEqual(book.type === "orderbook" && [book.kind, book.bids], ["snapshot", [{
      price: 4,
      size: 2,
    }]]);
    connector.trade("BTCUSD", 5);
    connector.gap("checksum", false, "BTCUSD");
    await until(() => frames.length === 3);
    const trailers = frames.map((bytes) => new DataView(bytes.buffer, bytes.length - 16));
    assert.deepEqual(trailers.map((view) => [view.getUint8(8), view.getUint8(9)]), [
      [2, 1],
      [0, 0],
      [4, 0],
    ]);
    const [book0, trade, gap] = trailers.map((view) => view.getBigUint64(0, true));
    assert.equal(trade, (book0 ?? 0n) + 1n);
    assert.equal(gap, (trade ?? 0n) + 1n);
    assert.deepEqual(frames[1]?.subarray(0, -16), new Uint8Array(stored[2] as Uint8Array));
    const closed = new Promise((resolve) => ws.addEventListener("close", resolve));
    ws.close();
    await closed;
  }));

Deno.test("frames are compressed for clients that offer it and ask for it, and for no others", () =>
  withGateway(async ({ gateway, connector }) => {
    const open = async (query: string, perMessageDeflate: boolean) => {
      const url = `${gateway.url.replace("http", "ws")}/v1/stream?symbols=BTCUSD${query}`;
      const ws = new NodeWebSocket(url, { perMessageDeflate });
      const messages: Record<string, unknown>[] = [];
      ws.on("message", (data: unknown) => void messages.push(JSON.parse(String(data))));
      await until(() => messages.some(({ type }) => type === "subscribed"));
      return { ws, messages };
    };
    const deflated = await open("&compress=1", true);
    const others = [await open("", true), await open("&compress=1", false)];
    assert.match(deflated.ws.extensions, /permessage-deflate/);
    for (const { ws } of others) assert.equal(ws.extensions, "");
    for (let i = 1; i <= 300; i++) connector.trade("BTCUSD", i);
    const id = "é".repeat(40_000);
    connector.publish({
      type: "trade",
      symbol: "BTCUSD",
      price: 1,
      size: 1,
      side: "buy",
      tradeId: id,
    });
    for (const { messages } of [deflated, ...others]) {
      await until(() => messages.at(-1)?.["id"] === id);
      assert.equal(messages.filter(({ type }) => type === "trade").length, 301);
    }
    for (const { ws } of [deflated, ...others]) {
      const closed = new Promise((resolve) => ws.on("close", resolve));
      ws.close();
      await closed;
    }
  }));
