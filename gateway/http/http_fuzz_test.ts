import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { connect } from "node:net";
import { Metrics, silentLogger } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { memoryTransport } from "@ssmd/transport";
import { startGateway } from "../gateway.ts";
import { FakeConnector } from "../testing/fake_connector.ts";
import { PROBLEM_TITLES } from "./problem.ts";

const REQUESTS = 6000;
const AT_ONCE = 24;

/** The same numbers for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6D2B79F5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const METHODS = ["GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"];
const PATHS = [
  ...["/", "/v1", "/docs", "/openapi.json", "/health", "/metrics", "/v1/feeds", "/v1/markets"],
  ...["/v1/symbols", "/v1/markets/BTCUSD", "/v1/markets/BTCUSD/trades", "/v1/gaps"],
  ...["/v1/markets/BTCUSD/tickers", "/v1/markets/BTCUSD/orderbook", "/v1/meta/schemas"],
  ...["/v1/markets/BTCUSD/candles", "/v1/meta/feeds", "/v1/meta/inventory", "/v1/admin/clients"],
];
const NAMES = [
  "limit",
  "cursor",
  "from",
  "to",
  "order",
  "feed",
  "sort",
  "search",
  "depth",
  "as_of",
];
const VALUES = [
  ...["1", "0", "-1", "999999999999999999999", "1e9", "0x10", "NaN", "%00", "%F0%9F%92%A9", "%FF"],
  ...["%", "%zz", "..%2f..%2fetc", "' OR 1=1 --", "<script>", "null", "[]", "{}", "2026-11-25"],
  ...["2026-13-99", "asc", "kraken", "%E2%80%AE", "\u0001", "a".repeat(3000), "+", "&&==", "true"],
  ...["W251bGwsImEiLCJiIl0", "WyJkZXNjIiwwLDksOSw5LDld", "__proto__", "constructor", "toString"],
];
const PARTS = [
  "..",
  ".",
  "%2e%2e",
  "%00",
  "é",
  "//",
  "a".repeat(500),
  "%25",
  "*",
  "__proto__",
  " ",
];

/** One request as its bytes; what is sent is not always one. */
function requestOf(random: () => number): string {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
  let path = pick(PATHS);
  const kind = random();
  if (kind < 0.2) path += `/${pick(PARTS)}`;
  if (kind < 0.1) path = path.replace("BTCUSD", pick(VALUES));
  if (kind > 0.97) path = `/${"d/".repeat(1500)}`;
  const query = Array.from(
    { length: Math.floor(random() * 4) },
    () => `${random() < 0.8 ? pick(NAMES) : pick(VALUES)}=${pick(VALUES)}`,
  );
  const target = query.length === 0 ? path : `${path}?${query.join("&")}`;
  const headers = ["host: 127.0.0.1", "connection: close"];
  if (random() < 0.2) {
    headers.push(`accept-encoding: ${pick(["gzip", "gzip;q=0", "br", "*", ";;q"])}`);
  }
  if (random() < 0.1) headers.push(`if-none-match: ${pick(["*", 'W/"x"', '""', ",,,"])}`);
  if (random() < 0.05) headers.push(`x-long: ${"h".repeat(Math.floor(random() * 40_000))}`);
  if (random() < 0.05) headers.push(`content-length: ${pick(["0", "-1", "x"])}`);
  if (random() < 0.03) headers.push("expect: 100-continue");
  if (random() < 0.03) headers.push("upgrade: websocket", "range: bytes=0-1");
  if (random() < 0.03) {
    return `${pick(["\0\0", "GET", "GET / HTTP/9.9", "PRI * HTTP/2.0\r\n\r\nSM"])}\r\n\r\n`;
  }
  return `${pick(METHODS)} ${target} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n${
    random() < 0.1 ? "something" : ""
  }`;
}

/** What comes back on a connection of its own, until it is closed or nothing comes any more. */
function ask(port: number, bytes: string, waitMs = 60_000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    const parts: Buffer[] = [];
    const timer = setTimeout(() => socket.destroy(), waitMs);
    socket.on("data", (part: Buffer) => parts.push(part));
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(Buffer.concat(parts).toString("latin1"));
    });
    socket.write(Buffer.from(bytes, "utf8"));
  });
}

/** Why an answer is not one that is documented; undefined = it is. */
function wrongIn(answer: string): string | undefined {
  const final = answer.replace(/^HTTP\/1\.1 100 .*\r\n\r\n/, "");
  const [head = "", body = ""] = final.split(/\r\n\r\n([\s\S]*)/);
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? NaN);
  if ([200, 204, 304].includes(status)) return undefined;
  if (!(status in PROBLEM_TITLES)) return `status ${status}`;
  if (status === 500) return "an internal error";
  if (!/content-type: application\/problem\+json/i.test(head)) return `${status} without a problem`;
  // A HEAD has none.
  if (body === "") return undefined;
  try {
    const problem = JSON.parse(Buffer.from(body, "latin1").toString("utf8"));
    const whole = problem.status === status && problem.code !== "" && problem.hint !== "";
    return whole ? undefined : `a problem that is not whole: ${body}`;
  } catch {
    return `a problem that is no JSON: ${body.slice(0, 200)}`;
  }
}

async function withPlainGateway(test: (port: number) => Promise<void>): Promise<void> {
  const transport = memoryTransport();
  const connector = new FakeConnector("test", "kraken", transport);
  const gateway = await startGateway({
    ...{ env: "test", transport, host: "127.0.0.1", port: 0, feeds: ["kraken"], version: "0" },
    markets: [{ symbol: "BTCUSD", feed: "kraken", external: "BTC/USD" }],
    storage: memoryStorage(),
    registryDir: new URL("../../exchanges", import.meta.url).pathname,
    logger: silentLogger,
    metrics: new Metrics("gateway"),
  });
  try {
    for (let i = 0; i < 50; i++) connector.trade("BTCUSD", 100 + i);
    await test(gateway.port);
    const health = await fetch(`${gateway.url}/v1/markets/BTCUSD`);
    assert.equal(health.status, 200);
    await health.body?.cancel();
  } finally {
    connector.close();
    await gateway.close();
    await transport.close();
  }
}

Deno.test(`${REQUESTS} requests of all kinds of nonsense get documented answers, and nothing grows`, () =>
  withPlainGateway(async (port) => {
    const random = randomOf(20261125);
    const statuses = new Map<string, number>();
    const used: number[] = [];
    let left = REQUESTS;
    const worker = async () => {
      while (left-- > 0) {
        const request = requestOf(random);
        const answer = await ask(port, request);
        const why = wrongIn(answer);
        assert.equal(why, undefined, `${JSON.stringify(request.slice(0, 300))} → ${why}`);
        const status = answer.slice(9, 12);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (left % 1500 === 0) used.push(Deno.memoryUsage().heapUsed);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    for (const status of ["200", "400", "404", "405", "431"]) {
      assert.ok((statuses.get(status) ?? 0) > 10, `${status}: ${JSON.stringify([...statuses])}`);
    }
    // A leak of one request's memory would be some kilobytes times thousands.
    const grown = ((used.at(-1) ?? 0) - (used[0] ?? 0)) / 1024 / 1024;
    assert.ok(grown < 64, `the heap grew by ${grown.toFixed(0)} MiB: ${used}`);
  }));

Deno.test("requests in one packet are answered in order, and one that waits holds up nobody else", () =>
  withPlainGateway(async (port) => {
    const one = (path: string) => `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`;
    const last = "GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n";
    const answer = await ask(port, one("/v1/feeds") + one("/nope") + one("/v1/symbols") + last);
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
    assert.deepEqual(statuses, ["200", "404", "200", "200"]);
    // Half a request each on many connections, and a client that sends nothing at all.
    const slow = Array.from({ length: 200 }, (_, i) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      if (i % 2 === 0) socket.write("GET /v1/markets HTTP/1.1\r\nhost:");
      return socket;
    });
    assert.match(await ask(port, last), /^HTTP\/1\.1 200/);
    assert.ok(slow.every(({ destroyed }) => !destroyed), "it waited until others were cut");
    for (const socket of slow) socket.destroy();
    await Promise.all(
      slow.map((socket) => socket.closed || new Promise((r) => socket.on("close", r))),
    );
  }));
