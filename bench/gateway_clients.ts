/**
 * The load generator of gateway_bench.ts, in a process of its own: raw sockets that shake hands, count
 * frames, and sample the age of the first one of each read. Prints `ready`, ends with a line on stdin.
 * Arguments: port, clients. @module
 */
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { nowUs } from "@ssmd/runtime";

const CONNECT_AT_ONCE = 100;
const RECV_TS = Buffer.from('"recv_ts":');
const TRADE = Buffer.from('"type":"trade"');
const HANDSHAKE = "GET /v1/stream?symbols=BTCUSD&types=trade HTTP/1.1\r\nHost: x\r\n" +
  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
  "Sec-WebSocket-Version: 13\r\n\r\n";

const latencies: number[] = [];
let messages = 0;
let payloadBytes = 0;

/** Counts whole trade frames from the start; the first one's age is taken as a sample. */
function count(bytes: Buffer): number {
  let at = bytes[0] === 0x48 ? bytes.indexOf("\r\n\r\n") + 4 : 0;
  if (at === 3) return 0;
  for (let isFirst = true; at + 4 <= bytes.length;) {
    let length = (bytes[at + 1] ?? 0) & 127;
    let header = 2;
    if (length === 126) [length, header] = [bytes.readUInt16BE(at + 2), 4];
    if (at + header + length > bytes.length) break;
    if (
      bytes.compare(TRADE, 0, TRADE.length, at + header + 1, at + header + 1 + TRADE.length) === 0
    ) {
      messages++;
      payloadBytes = length;
      if (isFirst) latencies.push(ageMs(bytes, at));
      isFirst = false;
    }
    at += header + length;
  }
  return at;
}

function ageMs(bytes: Buffer, at: number): number {
  const place = bytes.indexOf(RECV_TS, at) + RECV_TS.length;
  return nowUs() / 1000 - parseFloat(bytes.toString("latin1", place, place + 20));
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  let rest: Buffer = Buffer.alloc(0);
  const begun = new Promise<void>((resolve) => socket.once("data", () => resolve()));
  socket.on("data", (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    rest = rest.subarray(count(rest));
  });
  socket.write(HANDSHAKE);
  await begun;
  return socket;
}

const [port = 0, clients = 1] = Deno.args.map(Number);
const sockets: Socket[] = [];
while (sockets.length < clients) {
  const wanted = Math.min(CONNECT_AT_ONCE, clients - sockets.length);
  sockets.push(...await Promise.all(Array.from({ length: wanted }, () => open(port))));
}
console.log("ready");
await Deno.stdin.read(new Uint8Array(1));
for (const socket of sockets) socket.destroy();
latencies.sort((a, b) => a - b);
const at = (share: number) => latencies[Math.floor((latencies.length - 1) * share)] ?? 0;
console.log(JSON.stringify({ messages, payloadBytes, p50Ms: at(0.5), p99Ms: at(0.99) }));
Deno.exit(0);
