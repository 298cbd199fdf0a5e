import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { until, withGateway } from "../testing/gateway_rig.ts";
import { protocolMistake } from "../testing/protocol_check.ts";

/** Connections of each kind, and frames of each connection. */
const CONNECTIONS = 200;
const SOUND_FRAMES = 18;
const BROKEN_FRAMES = 8;
const HANDSHAKES = 900;
const SEED = 4711;
/** Close codes that PROTOCOL.md tells of; 1000 and what a client itself sent come back. */
const CLOSE_CODES: ReadonlySet<number> = new Set([1001, 1002, 1007, 1008, 1009, 4001, 4002]);

/** A client frame as RFC 6455 says, or not: every part can be chosen. */
function frameOf(
  { first, payload, masked = true, length = payload.length }: {
    first: number;
    payload: Uint8Array;
    masked?: boolean;
    length?: number;
  },
): Buffer {
  const mask = masked ? 0x80 : 0;
  const head = length < 126
    ? Buffer.from([first, mask | length])
    : Buffer.from([first, mask | 126, length >>> 8 & 255, length & 255]);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0), payload]);
}

const text = (value: string) => ({ first: 0x81, payload: Buffer.from(value) });
const bytes = fc.uint8Array({ maxLength: 300 });
const request = fc.record({
  action: fc.constantFrom("subscribe", "unsubscribe", "snapshot", "ping", "", 7),
  symbols: fc.oneof(fc.array(fc.constantFrom("BTCUSD", "*", "KX*", "?", "")), fc.jsonValue()),
  types: fc.oneof(fc.array(fc.constantFrom("trade", "orderbook", "x")), fc.jsonValue()),
  mode: fc.constantFrom("realtime", "conflated", "latest", "x"),
  since: fc.oneof(fc.integer(), fc.constantFrom("2020-01-01T00:00:00Z", "x", 1e300)),
  policy: fc.constantFrom("block", "conflate", "drop_oldest"),
  id: fc.oneof(fc.string(), fc.jsonValue()),
}, { requiredKeys: [] });

/** Frames that are sound, with anything in them. */
const valid: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 6, arbitrary: request.map((value) => frameOf(text(JSON.stringify(value)))) },
  { weight: 3, arbitrary: fc.string({ maxLength: 200 }).map((value) => frameOf(text(value))) },
  { weight: 2, arbitrary: fc.jsonValue().map((value) => frameOf(text(JSON.stringify(value)))) },
  { weight: 1, arbitrary: fc.constant(frameOf(text("[".repeat(60_000)))) },
  { weight: 1, arbitrary: fc.constant(frameOf(text('{"a":'.repeat(9_000)))) },
  { weight: 2, arbitrary: bytes.map((payload) => frameOf({ first: 0x82, payload })) },
  // A request in fragments with a ping between, as it may be.
  {
    weight: 2,
    arbitrary: fc.constant(Buffer.concat([
      frameOf({ first: 0x01, payload: Buffer.from('{"action":') }),
      frameOf({ first: 0x89, payload: Buffer.from("between") }),
      frameOf({ first: 0x80, payload: Buffer.from('"ping"}') }),
    ])),
  },
);

/** Frames of which some are broken. */
const broken: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 4, arbitrary: valid },
  // Text that is no UTF-8.
  { weight: 1, arbitrary: bytes.map((payload) => frameOf({ first: 0x81, payload })) },
  // Any first byte: reserved bits, unknown opcodes, fragments out of order, closes with anything.
  {
    weight: 2,
    arbitrary: fc.tuple(fc.integer({ min: 0, max: 255 }), bytes)
      .map(([first, payload]) => frameOf({ first, payload })),
  },
  {
    weight: 1,
    arbitrary: bytes.map((payload) => frameOf({ first: 0x81, payload, masked: false })),
  },
  { weight: 1, arbitrary: fc.constant(Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0])) },
  { weight: 1, arbitrary: fc.constant(Buffer.from([0x81, 0xff, 255, 0, 0, 1, 0, 0, 0, 0])) },
  // It says more than it sends.
  { weight: 1, arbitrary: bytes.map((payload) => frameOf({ first: 0x81, payload, length: 5000 })) },
);

const GOOD =
  "GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

const HEADER_LINES = GOOD.trimEnd().split("\r\n").slice(1);

/** Handshakes with something wrong in them: cut, changed, or no HTTP at all. */
const handshake: fc.Arbitrary<string> = fc.oneof(
  fc.integer({ min: 0, max: GOOD.length - 1 }).map((at) => GOOD.slice(0, at)),
  fc.tuple(fc.integer({ min: 0, max: GOOD.length - 1 }), fc.string({ minLength: 1, maxLength: 3 }))
    .map(([at, put]) => GOOD.slice(0, at) + put + GOOD.slice(at + put.length)),
  fc.string({ unit: "binary", maxLength: 200 }),
  // Targets of a sound handshake: doubled slashes, half hosts, brackets, percents, other schemes.
  fc.array(
    fc.constantFrom("/", "//", "[", "]", ":", "@", "%", "%00", "..", "?", "#", "v1", "stream"),
  )
    .map((parts) => GOOD.replace("/v1/stream", `/${parts.join("")}`)),
  fc.webUrl({ withQueryParameters: true }).map((url) => GOOD.replace("/v1/stream", url)),
  // Its headers in another order, doubled or missing.
  fc.shuffledSubarray([...HEADER_LINES, ...HEADER_LINES], { minLength: 1 })
    .map((lines) => `GET /v1/stream HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`),
  fc.webQueryParameters().map((query) => GOOD.replace("/v1/stream", `/v1/stream?${query}`)),
  fc.constantFrom(
    GOOD.replace("Version: 13", "Version: 12"),
    GOOD.replace("Upgrade: websocket", "Upgrade: h2c"),
    GOOD.replace("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: short"),
    GOOD.replace("GET", "POST"),
    GOOD.replace("/v1/stream", `/${"x".repeat(9000)}`),
    GOOD.replace("Host: 127.0.0.1", `Host: ${"x".repeat(30_000)}`),
  ),
);

/** A socket that keeps what comes, and knows when it is over. */
class Raw {
  readonly socket: Socket;
  received: Buffer = Buffer.alloc(0);
  over = false;

  constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("data", (data: Buffer) => this.received = Buffer.concat([this.received, data]));
    this.socket.on("error", () => {});
    this.socket.on("close", () => this.over = true);
    this.socket.on("end", () => this.socket.end());
  }

  /** What came after the handshake: texts, and the code it was closed with. */
  read(): { texts: string[]; code: number | undefined } {
    const texts: string[] = [];
    let at = this.received.indexOf("\r\n\r\n") + 4;
    while (at + 2 <= this.received.length) {
      let length = (this.received[at + 1] ?? 0) & 127;
      let header = 2;
      if (length === 126) [length, header] = [this.received.readUInt16BE(at + 2), 4];
      const payload = this.received.subarray(at + header, at + header + length);
      const opcode = (this.received[at] ?? 0) & 15;
      if (opcode === 8) return { texts, code: length >= 2 ? payload.readUInt16BE(0) : 1005 };
      if (opcode === 1) texts.push(payload.toString());
      at += header + length;
    }
    return { texts, code: undefined };
  }
}

function batchesOf(frames: fc.Arbitrary<Buffer>, length: number): Buffer[][] {
  const batch = fc.array(frames, { minLength: length, maxLength: length });
  return fc.sample(batch, { numRuns: CONNECTIONS, seed: SEED });
}

async function inRounds<T>(items: readonly T[], each: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += 40) {
    await Promise.all(items.slice(at, at + 40).map(each));
  }
}

Deno.test("whatever frames come, the answer is a documented error or close, and nothing is left", () =>
  withGateway(async ({ gateway, client, connector }) => {
    const healthy = await client("?symbols=BTCUSD&types=trade");
    await healthy.next("subscribed");
    const batches = [...batchesOf(valid, SOUND_FRAMES), ...batchesOf(broken, BROKEN_FRAMES)];
    const codes = new Map<number, number>();
    let answered = 0;
    await inRounds(batches, async (batch) => {
      const raw = new Raw(gateway.port);
      raw.socket.write(GOOD);
      await until(() => raw.received.includes("welcome"));
      for (const frame of batch) raw.socket.write(frame);
      connector.trade("BTCUSD", 1);
      raw.socket.write(frameOf(text('{"action":"ping","id":"the end"}')));
      const started = performance.now();
      // One that waits for the rest of a frame is right to wait: the other side goes then.
      const isLate = () => batch.length === BROKEN_FRAMES && performance.now() - started > 300;
      await until(() => raw.over || raw.received.includes("the end") || isLate());
      raw.socket.end(frameOf({ first: 0x88, payload: Buffer.from([3, 232]) }));
      await until(() => raw.over);
      const { texts, code } = raw.read();
      for (const one of texts) assert.equal(protocolMistake(JSON.parse(one)), undefined);
      answered += texts.length;
      const isEcho = code === 1000 || code === 1005;
      const sent = batch.some((frame) => (frame[0] ?? 0) === 0x88);
      if (code !== undefined && !isEcho && !sent) {
        assert.ok(CLOSE_CODES.has(code), `closed ${code}`);
      }
      if (batch.length === SOUND_FRAMES) assert.equal(code, 1000);
      if (code !== undefined) codes.set(code, (codes.get(code) ?? 0) + 1);
    });
    for (const code of [1002, 1007, 1009]) assert.ok(codes.has(code), `none was closed ${code}`);
    assert.ok(answered > CONNECTIONS * SOUND_FRAMES, `${answered} answers`);
    await healthy.when(() => healthy.count("trade") === batches.length);
    await until(() => gateway.stats().clients === 1);
    assert.equal(gateway.stats().subscriptions, 1);
  }));

Deno.test("whatever comes in place of a handshake, it is refused or waits alone, and nothing is left", () =>
  withGateway(async ({ gateway, client, connector }) => {
    const healthy = await client("?symbols=BTCUSD&types=trade");
    const statuses = new Map<string, number>();
    const samples = fc.sample(handshake, { numRuns: HANDSHAKES, seed: SEED });
    await inRounds(samples, async (head) => {
      const raw = new Raw(gateway.port);
      raw.socket.write(head, "latin1");
      const started = performance.now();
      await until(() => raw.over || raw.received.length > 0 || performance.now() - started > 200);
      raw.socket.destroy();
      const status = raw.received.toString("latin1", 9, 12);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    });
    for (const status of statuses.keys()) {
      assert.match(status, /^(|101|400|403|404|405|413|414|426|431|408|501|503)$/);
    }
    assert.ok((statuses.get("101") ?? 0) > 0 && (statuses.get("400") ?? 0) > 0);
    // Slow-loris: many that begin and never end do not keep others out.
    const slow = Array.from({ length: 200 }, () => new Raw(gateway.port));
    for (const { socket } of slow) socket.write(GOOD.slice(0, 40));
    connector.trade("BTCUSD", 1);
    await healthy.next("trade");
    await (await client()).settle();
    for (const { socket } of slow) socket.destroy();
    await until(() => gateway.stats().clients === 2);
  }));

Deno.test("a client that is silent, or half gone, is pinged and then let go", () =>
  withGateway(
    async ({ gateway, client }) => {
      const lively = await client();
      const silent = Array.from({ length: 20 }, () => new Raw(gateway.port));
      for (const { socket } of silent) socket.write(GOOD);
      await until(() => gateway.stats().clients === 21);
      for (const { socket } of silent.slice(10)) socket.pause();
      await until(() => gateway.stats().clients === 1);
      await lively.settle();
      for (const raw of silent.slice(0, 10)) {
        await until(() => raw.over);
        assert.ok(raw.received.includes(Buffer.from([0x89, 0])), "it was pinged");
      }
      for (const { socket } of silent) socket.destroy();
    },
    true,
    { silence: { pingEveryMs: 100, deadAfterMs: 3_000 } },
  ));
