import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import { KRAKEN_DEMO_KEY, startSimulator } from "../mod.ts";
import { TestClient } from "../testing.ts";

const { key, secret } = KRAKEN_DEMO_KEY;
let nonce = 1;

/** Asks the private REST as the venue's documentation says. */
async function ask(
  origin: string,
  name: string,
  { fields = {}, ...options }: {
    fields?: Record<string, string>;
    key?: string;
    nonce?: number;
    secret?: string;
  } = {},
) {
  const path = `/0/private/${name}`;
  const body = new URLSearchParams({ nonce: String(options.nonce ?? ++nonce), ...fields });
  const hash = createHash("sha256").update(body.get("nonce") + body.toString()).digest();
  const sign = createHmac("sha512", Buffer.from(options.secret ?? secret, "base64"))
    .update(path).update(hash).digest("base64");
  const headers = { "API-Key": options.key ?? key, "API-Sign": sign };
  const response = await fetch(`${origin}${path}`, { method: "POST", headers, body });
  assert.equal(response.status, 200);
  return await response.json();
}

const order = { pair: "XBTUSD", type: "buy", ordertype: "limit", volume: "0.01", price: "50000.0" };
const REFUSALS: [string, Record<string, string>, string][] = [
  ["an unknown pair", { pair: "NONE" }, "EQuery:Unknown asset pair"],
  [
    "an order type that is not simulated",
    { ordertype: "stop-loss" },
    "EGeneral:Invalid arguments:ordertype",
  ],
  ["no side", { type: "" }, "EGeneral:Invalid arguments:type"],
  ["a volume that is no number", { volume: "much" }, "EGeneral:Invalid arguments:volume"],
  ["a volume in money", { oflags: "viqc" }, "EGeneral:Invalid arguments:viqc"],
  ["too little", { volume: "0.00001" }, "EOrder:Order minimum not met"],
  ["too cheap", { price: "0.1" }, "EOrder:Cost minimum not met"],
  [
    "a price between two steps",
    { price: "50000.05" },
    "EOrder:Invalid price:BTC/USD price can only be specified up to 1 decimals.",
  ],
  ["more than there is", { volume: "1000" }, "EOrder:Insufficient funds"],
  ["what one does not have", { type: "sell", price: "99999" }, "EOrder:Insufficient funds"],
  [
    "a time in force that is not simulated",
    { timeinforce: "GTD" },
    "EGeneral:Invalid arguments:timeinforce",
  ],
  ["a reference that is no number", { userref: "mine" }, "EGeneral:Invalid arguments:userref"],
  ["a reference beyond 32 bits", { userref: "2147483648" }, "EGeneral:Invalid arguments:userref"],
];

Deno.test("kraken: orders are refused in the venue's words, and leave no trace", async (t) => {
  const simulator = await startSimulator({ venue: "kraken", source: { type: "model", seed: 1 } });
  const origin = `http://127.0.0.1:${simulator.port}`;
  for (const [what, fields, error] of REFUSALS) {
    await t.step(what, async () => {
      const answer = await ask(origin, "AddOrder", { fields: { ...order, ...fields } });
      assert.deepEqual(answer, { error: [error] });
    });
  }
  const errors = async (...args: Parameters<typeof ask>) => (await ask(...args)).error;
  assert.deepEqual(await errors(origin, "Balance", { key: "x" }), ["EAPI:Invalid key"]);
  assert.deepEqual(await errors(origin, "Balance", { secret: "eA==" }), ["EAPI:Invalid signature"]);
  assert.deepEqual(await errors(origin, "Balance", { nonce: 1 }), ["EAPI:Invalid nonce"]);
  const validated = await ask(origin, "AddOrder", { fields: { ...order, validate: "true" } });
  assert.equal(validated.result.descr.order, "buy 0.01000000 XBTUSD @ limit 50000.0");
  assert.deepEqual((await ask(origin, "OpenOrders")).result, { open: {} });
  assert.equal((await ask(origin, "Balance")).result.USD, "100000.0000000000");
  await simulator.close();
});

Deno.test("kraken: a token opens the reports of orders, also of those that rest already", async () => {
  const simulator = await startSimulator({ venue: "kraken", source: { type: "model", seed: 1 } });
  const origin = `http://127.0.0.1:${simulator.port}`;
  const { txid: [id] } = (await ask(origin, "AddOrder", { fields: order })).result;
  const { token } = (await ask(origin, "GetWebSocketsToken")).result;
  const client = await TestClient.open(simulator.url);
  const request = (method: string, params: object) => client.send({ method, params, req_id: 7 });
  request("subscribe", { channel: "executions", token: "guessed" });
  assert.equal((await client.json(`"req_id":7`)).error, "ESession:Invalid session");
  request("subscribe", { channel: "executions", token });
  const [open] = (await client.json(`"executions","type":"snapshot"`)).data;
  assert.deepEqual([open.order_id, open.order_status, open.limit_price], [id, "new", 50000]);
  request("add_order", {
    ...{ symbol: "BTC/USD", side: "buy", order_type: "market", order_qty: 0.001, token },
    cl_ord_id: "mine",
  });
  const { result } = await client.json(`"method":"add_order"`);
  assert.equal(result.cl_ord_id, "mine");
  const reported: string[] = [];
  while (reported.at(-1) !== "filled") {
    const { data: [report], sequence } = await client.json(`"executions","type":"update"`);
    assert.equal(report.order_id, result.order_id);
    assert.equal(sequence, reported.length + 2);
    reported.push(report.exec_type);
  }
  assert.deepEqual(reported, ["pending_new", "new", "trade", "filled"]);
  const limited = { symbol: "BTC/USD", side: "buy", order_type: "limit", limit_price: 50000 };
  for (const order_userref of ["mine", null, 1.5, [], {}]) {
    request("add_order", { ...limited, order_qty: 0.001, token, order_userref, validate: true });
    const { error } = await client.json(`"method":"add_order"`);
    assert.equal(error, "EGeneral:Invalid arguments:userref", String(order_userref));
  }
  request("add_order", { ...limited, order_qty: 0.001, token, order_userref: -7 });
  assert.equal((await client.json(`"pending_new"`)).data[0].order_userref, -7);
  request("cancel_all", { token });
  assert.deepEqual((await client.json(`"method":"cancel_all"`)).result, { count: 2 });
  request("cancel_order", { order_id: [id], token });
  assert.equal((await client.json(`"method":"cancel_order"`)).error, "EOrder:Unknown order");
  await client.close();
  await simulator.close();
});
