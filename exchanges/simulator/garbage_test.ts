import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import { demoKey, KRAKEN_DEMO_KEY, type Simulator, startSimulator } from "./mod.ts";
import { Random } from "./model/prng.ts";
import type { SimulatedVenueId } from "./options.ts";
import { signedHeaders, TestClient } from "./testing.ts";

/** Requests below Kalshi's rate limit. */
const REQUESTS_MAX = 18;
const TARGETS: Record<SimulatedVenueId, string[]> = {
  kalshi: [
    ..."/trade-api/v2/markets/%zz /trade-api/v2/%".split(" "),
    ..."/trade-api/v2/events/%E0%A4%A /trade-api/v2/series/%c3".split(" "),
    ..."/trade-api/v2/markets?cursor=%2A /trade-api/v2/markets?limit=1.5".split(" "),
    ..."/trade-api/v2/markets?limit=x /trade-api/v2/markets?status=toString".split(" "),
    ..."/trade-api/v2/portfolio/orders/%zz /trade-api/v2/a/b/c/d".split(" "),
  ],
  kraken: [
    ..."/0/public/%zz /0/public/toString /0/private/%zz /0/public".split(" "),
  ],
  polymarket: [
    ..."/markets/keyset?after_cursor=%2A /events/keyset?after_cursor=x".split(" "),
    ..."/markets/keyset?after_cursor=MS41 /markets/keyset?limit=x".split(" "),
    ..."/markets?offset=x /markets?limit=-1 /markets/%zz /markets/slug/%".split(" "),
    ..."/toString /constructor?token_id=1 /book?token_id=%zz /price?token_id=1".split(" "),
  ],
};
const MALFORMED = ["//", "//%", "http://", "/%zz", "//[", "*", "/\\[", "x:y", "//@:x/"];
const LETTERS = [..."/%?&=.:@[]{}\"'\\*~;,+-_09azAZ"];

/** Status of a raw request, whose target goes out as it is. */
async function statusOf(port: number, target: string, { method = "GET", body = "" } = {}) {
  using socket = await Deno.connect({ port });
  const head = `${method} ${target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n`;
  await socket.write(new TextEncoder().encode(
    `${head}content-length: ${body.length}\r\n\r\n${body}`,
  ));
  const answer = await new Response(socket.readable).text();
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1]);
}

function open(venue: SimulatedVenueId): Promise<Simulator> {
  return startSimulator({ venue, source: { type: "model", seed: 1 } });
}

/** Runs jobs, each against a simulator that answers after them. */
async function onEach<T>(
  venue: SimulatedVenueId,
  jobs: readonly T[],
  run: (simulator: Simulator, job: T) => Promise<void>,
): Promise<void> {
  for (let i = 0; i < jobs.length; i += REQUESTS_MAX) {
    const simulator = await open(venue);
    for (const job of jobs.slice(i, i + REQUESTS_MAX)) await run(simulator, job);
    assert.equal(await statusOf(simulator.port, "/stats"), 200);
    await simulator.close();
  }
}

for (const venue of ["kalshi", "kraken", "polymarket"] as const) {
  Deno.test(`${venue}: a target that nobody can read is refused and ends nothing`, async () => {
    await onEach(venue, [...TARGETS[venue], ...MALFORMED], async ({ port }, target) => {
      const status = await statusOf(port, target);
      assert.ok(status >= 400 && status < 500 && status !== 429, `${target}: ${status}`);
    });
    const random = new Random(5, venue);
    const targets = Array.from({ length: 150 }, () => {
      const [start = ""] = /^.*[/=]/.exec(
        TARGETS[venue][random.below(TARGETS[venue].length)] ?? "",
      ) ?? [];
      const letter = () => LETTERS[random.below(LETTERS.length)];
      return start + Array.from({ length: random.below(6) }, letter).join("");
    });
    await onEach(venue, targets, async ({ port }, target) => {
      const method = random.below(2) === 0 ? "GET" : "POST";
      const status = await statusOf(port, target, { method, body: target });
      assert.ok(status >= 200 && status < 500 && status !== 429, `${target}: ${status}`);
    });
  });
}

/** Objects that have no text of their own. */
const NO_TEXT = { toString: 1, valueOf: 1 };
const GARBAGE = [null, -1, 1e308, 1.5, "", "x", "\ud800", true, {}, [], [NO_TEXT], NO_TEXT];

/** Every way to spoil one field, and bodies that are no fields at all. */
function spoiled(order: Record<string, unknown>): unknown[] {
  const fields = Object.keys(order);
  return [
    ...[null, 5, "text", [], {}],
    ...fields.flatMap((field) => GARBAGE.map((value) => ({ ...order, [field]: value }))),
  ];
}

Deno.test("kalshi: an order with any field spoiled is refused or taken, and ends nothing", async () => {
  const order = {
    ...{ ticker: "KXSIMFED-26DEC-T3.75", side: "yes", action: "buy", count: 1, yes_price: 50 },
    ...{ time_in_force: "good_till_canceled", client_order_id: "a", post_only: false },
    ...{ count_fp: "1.00", no_price_dollars: undefined, subaccount: undefined },
  };
  const key = await demoKey();
  const path = "/trade-api/v2/portfolio/orders";
  await onEach("kalshi", ["{", "", ...spoiled(order)], async ({ port }, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method: "POST",
      headers: await signedHeaders(key, Date.now(), `POST${path}`),
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    await response.json();
    const { status } = response;
    assert.ok(status === 201 || (status >= 400 && status < 500 && status !== 429), `${status}`);
  });
});

Deno.test("kraken: a request with any field spoiled is refused or taken, and ends nothing", async () => {
  const simulator = await open("kraken");
  let nonce = 0;
  const ask = async (name: string, fields: unknown) => {
    const path = `/0/private/${name}`;
    const isFields = typeof fields === "object" && fields !== null;
    const body = JSON.stringify(isFields ? { nonce: ++nonce, ...fields } : fields);
    const hash = createHash("sha256").update(String(nonce) + body).digest();
    const sign = createHmac("sha512", Buffer.from(KRAKEN_DEMO_KEY.secret, "base64"))
      .update(path).update(hash).digest("base64");
    const headers = { "API-Key": KRAKEN_DEMO_KEY.key, "API-Sign": sign };
    const origin = `http://127.0.0.1:${simulator.port}`;
    const response = await fetch(`${origin}${path}`, { method: "POST", headers, body });
    const answer = await response.json();
    assert.equal(response.status, 200, body);
    assert.ok(Array.isArray(answer.error), body);
    return answer;
  };
  const terms = {
    ...{ pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.01", price: "50000.0" },
    ...{ oflags: "post", timeinforce: "gtc", cl_ord_id: "a", userref: 1, validate: "true" },
  };
  for (const body of spoiled(terms)) await ask("AddOrder", body);
  for (const body of spoiled({ txid: "a", cl_ord_id: "b", nonce: 1 })) {
    await ask("CancelOrder", body);
    await ask("QueryOrders", body);
  }
  const { token } = (await ask("GetWebSocketsToken", {})).result;
  const client = await TestClient.open(simulator.url);
  let id = 0;
  const order = {
    ...{ symbol: "BTC/USD", side: "buy", order_type: "limit", limit_price: 50000, order_qty: 0.01 },
    ...{ time_in_force: "gtc", post_only: false, cl_ord_id: "a", order_userref: 1, token },
  };
  const cancel = { order_id: ["x"], cl_ord_id: ["y"], token };
  const book = { channel: "book", symbol: ["BTC/USD"], depth: 10, snapshot: true };
  for (const [method, params] of Object.entries({ add_order: order, cancel_order: cancel, book })) {
    for (const each of spoiled(params)) {
      const request = { method: method === "book" ? "subscribe" : method, req_id: ++id };
      client.send({ ...request, params: each });
      await client.json(`"req_id":${id},`);
    }
  }
  for (const frame of [...MALFORMED, ...GARBAGE]) client.send(frame ?? "null");
  await client.ping();
  client.frames.forEach((frame) => JSON.parse(frame));
  await client.close();
  assert.equal(await statusOf(simulator.port, "/stats"), 200);
  await simulator.close();
});
