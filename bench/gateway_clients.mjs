// The load generator of gateway_bench.ts and isolation_bench.ts, in a process of its own: raw sockets
// that shake hands, count frames, and sample the age of the first one of each read. Arguments: port,
// clients, clients more that stop reading, and an address other than the gateway's. Prints `ready`, answers `clock`, `forget` and `figures`,
// ends with another line on stdin. It runs on Node where there is one: reading costs less there, and two hundred
// thousand small reads a second through Deno are a queue of their own in front of both servers.
import { Buffer } from "node:buffer";
import { connect } from "node:net";
import process from "node:process";
import { createInterface } from "node:readline";

const CONNECT_AT_ONCE = 100;
const RECV_TS = Buffer.from('"recv_ts":');
const TRADE = Buffer.from('"type":"trade"');
/** Bytes of a payload at whose start a trade says what it is: peers wrap it. */
const TRADE_WITHIN = 64;
const PING = 0x89;
/** A masked frame without a payload. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
const POLICIES = ["drop_oldest", "drop_newest", "conflate", "disconnect"];
const handshake = (query) =>
  `GET ${address}${query} HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
  "Sec-WebSocket-Version: 13\r\n\r\n";

const latencies = [];
let messages = 0;
let payloadBytes = 0;

/** Counts whole trade frames from the start; the first one's age is taken as a sample. Answers pings. */
function count(bytes, socket) {
  let at = bytes[0] === 0x48 ? bytes.indexOf("\r\n\r\n") + 4 : 0;
  if (at === 3) return 0;
  for (let isFirst = true; at + 4 <= bytes.length;) {
    let length = bytes[at + 1] & 127;
    let header = 2;
    if (length === 126) [length, header] = [bytes.readUInt16BE(at + 2), 4];
    if (at + header + length > bytes.length) break;
    if (bytes[at] === PING) socket.write(PONG);
    else if (bytes.subarray(at + header, at + header + TRADE_WITHIN).includes(TRADE)) {
      messages++;
      payloadBytes = length;
      if (isFirst) latencies.push(ageMs(bytes, at));
      isFirst = false;
    }
    at += header + length;
  }
  return at;
}

function nowMs() {
  return performance.timeOrigin + performance.now();
}

function ageMs(bytes, at) {
  const start = bytes.indexOf(RECV_TS, at) + RECV_TS.length;
  const sentMs = parseFloat(bytes.toString("latin1", start, start + 20));
  return nowMs() - sentMs;
}

async function open(port, query = "") {
  const socket = connect(port, "127.0.0.1");
  socket.setNoDelay(true);
  let rest = Buffer.alloc(0);
  const begun = new Promise((resolve) => socket.once("data", () => resolve()));
  socket.on("data", (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    rest = rest.subarray(count(rest, socket));
  });
  socket.write(handshake(query));
  await begun;
  return socket;
}

function figures() {
  if (latencies.length === 0) throw new Error("nothing was received");
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.floor((latencies.length - 1) * share)];
  return { messages, payloadBytes, p50Ms: at(0.5), p99Ms: at(0.99) };
}

const [port = 0, clients = 1, stuck = 0] = process.argv.slice(2, 5).map(Number);
const address = process.argv[5] ?? "/v1/stream?symbols=BTCUSD&types=trade";
const sockets = [];
while (sockets.length < clients) {
  const wanted = Math.min(CONNECT_AT_ONCE, clients - sockets.length);
  sockets.push(...await Promise.all(Array.from({ length: wanted }, () => open(port))));
}
for (let i = 0; i < stuck; i++) {
  const socket = await open(port, `&policy=${POLICIES[i % POLICIES.length]}`);
  socket.pause();
  socket.on("error", () => {});
  sockets.push(socket);
}
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "clock") console.log(JSON.stringify(nowMs()));
  else if (line === "forget") console.log(JSON.stringify(latencies.length = 0));
  else if (line === "figures") console.log(JSON.stringify(figures()));
  else break;
}
for (const socket of sockets) socket.destroy();
if (latencies.length > 0) console.log(JSON.stringify(figures()));
process.exit(0);
