import assert from "node:assert/strict";
import { demoKey, startSimulator } from "../mod.ts";
import { signedHeaders, TestClient } from "../testing.ts";

const TICKER = "KXSIMFED-26DEC-T3.75";
const SEEDED = { type: "model", seed: 4, ratePerSecond: 400, speed: 20 } as const;

/** Opens a simulator and the way to ask it as Kalshi's documentation says. */
async function openVenue() {
  const simulator = await startSimulator({ venue: "kalshi", source: SEEDED });
  const key = await demoKey();
  // deno-lint-ignore no-explicit-any -- a test looks into answers of any shape
  const ask = async (method: string, path: string, body?: unknown): Promise<any> => {
    const [pathname = ""] = path.split("?");
    const target = `${method}/trade-api/v2${pathname}`;
    const response = await fetch(`http://127.0.0.1:${simulator.port}/trade-api/v2${path}`, {
      method,
      headers: await signedHeaders(key, Date.now(), target),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, ...await response.json() };
  };
  return { simulator, ask };
}

/** Best price and size of a side of bids. */
function best(levels: [string, string][]): [number, string] {
  const [price = "0", size = "0"] = levels.at(-1) ?? [];
  return [Number(price), size];
}

Deno.test("kalshi: an order takes from the book, its fills and money are what it took", async () => {
  const { simulator, ask } = await openVenue();
  const { orderbook_fp: book } = await ask("GET", `/markets/${TICKER}/orderbook`);
  const [no, offered] = best(book.no_dollars);
  const price = (1 - no).toFixed(4);
  const order = { ticker: TICKER, side: "yes", action: "buy", client_order_id: "one" };
  const count_fp = Math.min(10, Math.floor(Number(offered))).toFixed(2);
  const bought = await ask("POST", "/portfolio/orders", {
    ...order,
    count_fp,
    yes_price_dollars: price,
  });
  assert.equal(bought.status, 201);
  assert.deepEqual([bought.order.status, bought.order.fill_count_fp], ["executed", count_fp]);
  const { fills } = await ask("GET", `/portfolio/fills?order_id=${bought.order.order_id}`);
  assert.deepEqual(
    [fills.length, fills[0].yes_price_dollars, fills[0].count_fp, fills[0].is_taker],
    [1, price, count_fp, true],
  );
  const cost = Number(price) * Number(count_fp);
  const fee = Math.ceil(7 * Number(price) * no * Number(count_fp) - 1e-9) / 100;
  assert.equal(Number(fills[0].fee_cost), fee);
  assert.equal(
    (await ask("GET", "/portfolio/balance")).balance,
    Math.floor(1e7 - (cost + fee) * 100 + 1e-6),
  );
  const { market_positions: [position] } = await ask("GET", "/portfolio/positions");
  assert.deepEqual([position.ticker, position.position_fp], [TICKER, count_fp]);
  const again = await ask("POST", "/portfolio/orders", {
    ...order,
    count_fp,
    yes_price_dollars: price,
  });
  assert.deepEqual([again.status, again.error.code], [409, "order_already_exists"]);
  const { trades: [trade] } = await ask("GET", `/markets/trades?ticker=${TICKER}&limit=1`);
  assert.equal(trade.ticker, TICKER);
  await simulator.close();
});

Deno.test("kalshi: NO at the best bid waits its turn, is filled by the model or canceled", async () => {
  const { simulator, ask } = await openVenue();
  const { orderbook_fp: book } = await ask("GET", `/markets/${TICKER}/orderbook?depth=1`);
  assert.deepEqual([book.yes_dollars.length, book.no_dollars.length], [1, 1]);
  const [no] = best(book.no_dollars);
  const order = { ticker: TICKER, side: "no", action: "buy", count: 5, post_only: true };
  const waiting = (await ask("POST", "/portfolio/orders", {
    ...order,
    no_price_dollars: no.toFixed(4),
  })).order;
  assert.deepEqual([waiting.status, waiting.side, waiting.action], ["resting", "no", "buy"]);
  const far = (await ask("POST", "/portfolio/orders", { ...order, no_price: 1 })).order;
  const { orders } = await ask("GET", "/portfolio/orders?status=resting");
  assert.ok(orders.some((each: { order_id: string }) => each.order_id === far.order_id));
  const { order: canceled, reduced_by_fp } = await ask(
    "DELETE",
    `/portfolio/orders/${far.order_id}`,
  );
  assert.deepEqual([canceled.status, canceled.remaining_count_fp, reduced_by_fp], [
    "canceled",
    "0.00",
    "5.00",
  ]);
  assert.equal((await ask("DELETE", `/portfolio/orders/${far.order_id}`)).status, 404);
  for (;;) {
    const { order: now } = await ask("GET", `/portfolio/orders/${waiting.order_id}`);
    if (now.status === "executed") {
      assert.equal(now.maker_fees_dollars, "0.0000");
      assert.equal(Number(now.maker_fill_cost_dollars), Math.round(no * 5 * 1e4) / 1e4);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { market_positions: [position] } = await ask("GET", "/portfolio/positions");
  assert.equal(position.position_fp, "-5.00");
  await simulator.close();
});

Deno.test("kalshi: orders of the book's sides give counts and averages, and are canceled by id", async () => {
  const { simulator, ask } = await openVenue();
  const order = { ticker: TICKER, side: "ask", time_in_force: "immediate_or_cancel", count: "2" };
  // A limit below all bids takes the best of them, however far the model has moved it.
  const sold = await ask("POST", "/portfolio/events/orders", { ...order, price: "0.0100" });
  assert.deepEqual([sold.status, sold.fill_count, sold.remaining_count], [201, "2.00", "0.00"]);
  const { fills } = await ask("GET", `/portfolio/fills?order_id=${sold.order_id}`);
  let [cost, fee] = [0, 0];
  for (const { yes_price_dollars, count_fp, fee_cost, book_side, outcome_side } of fills) {
    assert.deepEqual([book_side, outcome_side], ["ask", "no"]);
    [cost, fee] = [cost + Number(yes_price_dollars) * Number(count_fp), fee + Number(fee_cost)];
  }
  assert.deepEqual(
    [sold.average_fill_price, sold.average_fee_paid].map(Number),
    [Math.floor(cost / 2 * 1e4 + 1e-6) / 1e4, Math.floor(fee / 2 * 1e4 + 1e-6) / 1e4],
  );
  const rests = { ...order, side: "bid", time_in_force: "good_till_canceled", price: "0.01" };
  const { order_id } = await ask("POST", "/portfolio/events/orders", rests);
  const canceled = await ask("DELETE", `/portfolio/events/orders/${order_id}`);
  assert.deepEqual([canceled.status, canceled.order_id, canceled.reduced_by], [
    ...[200, order_id, "2.00"],
  ]);
  const refused = await ask("POST", "/portfolio/events/orders", { ...rests, side: "yes" });
  assert.deepEqual([refused.status, refused.error.message], [400, "side must be bid or ask"]);
  await simulator.close();
});

Deno.test("kalshi: the account's channels tell orders, fills and positions as REST has them", async () => {
  const { simulator, ask } = await openVenue();
  const socket = await TestClient.open(simulator.url, await signedHeaders(await demoKey()));
  const channels = ["fill", "user_orders", "market_positions", "communications"];
  const subscribe = { id: 1, cmd: "subscribe", params: { channels, market_tickers: [TICKER] } };
  socket.send(subscribe);
  for (const channel of channels) await socket.next((frame) => frame.includes(`"${channel}"`));
  const next = async (type: string) => {
    const { sid, msg, seq } = JSON.parse(
      await socket.next((frame) => frame.includes(`"type":"${type}"`)),
    );
    assert.deepEqual([typeof sid, seq], ["number", undefined]);
    return msg;
  };
  // A limit below all bids takes the best of them, however far the model has moved it.
  const sell = { ticker: TICKER, side: "yes", action: "sell", count_fp: "1.00" };
  const { order: sold } = await ask("POST", "/portfolio/orders", {
    ...{ ...sell, yes_price_dollars: "0.0100", client_order_id: "mine" },
  });
  const accepted = await next("user_order");
  assert.deepEqual([accepted.order_id, accepted.status], [sold.order_id, "resting"]);
  const { fills: [fill] } = await ask("GET", "/portfolio/fills");
  const reported = await next("fill");
  for (const name of ["trade_id", "order_id", "market_ticker", "side", "action", "count_fp"]) {
    assert.equal(reported[name], fill[name], name);
  }
  assert.deepEqual(
    [
      reported.client_order_id,
      reported.post_position_fp,
      reported.purchased_side,
      reported.fee_cost,
    ],
    ["mine", "-1.00", "no", fill.fee_cost],
  );
  assert.deepEqual([reported.yes_price_dollars, reported.is_taker], [fill.yes_price_dollars, true]);
  const position = await next("market_position");
  const { market_positions: [held] } = await ask("GET", "/portfolio/positions");
  assert.deepEqual(
    [position.position_fp, position.position_cost_dollars, position.fees_paid_dollars],
    [held.position_fp, held.market_exposure_dollars, held.fees_paid_dollars],
  );
  assert.equal(Number(held.market_exposure_dollars), Number(fill.no_price_dollars));
  const filled = await next("user_order");
  assert.deepEqual([filled.status, filled.fill_count_fp], ["executed", "1.00"]);
  const far = { ticker: TICKER, side: "no", action: "buy", count: 5, no_price: 1 };
  const { order: waiting } = await ask("POST", "/portfolio/orders", far);
  await ask("DELETE", `/portfolio/orders/${waiting.order_id}`);
  const states = [await next("user_order"), await next("user_order")];
  assert.deepEqual(states.map(({ status }) => status), ["resting", "canceled"]);
  // Who takes another market hears nothing of this one.
  const other = await TestClient.open(simulator.url, await signedHeaders(await demoKey()));
  other.send({ ...subscribe, params: { channels: ["user_orders"], market_tickers: ["KXNO"] } });
  await other.next((frame) => frame.includes("subscribed"));
  await ask("POST", "/portfolio/orders", far);
  await next("user_order");
  await other.ping();
  assert.equal(other.frames.length, 1);
  await simulator.close();
});

const order = { ticker: TICKER, side: "yes", action: "buy", count: 1, yes_price: 50 };
const REFUSALS: [string, object, number, string][] = [
  ["an unknown market", { ticker: "KXNO" }, 404, "market_not_found"],
  ["no side", { side: "both" }, 400, "invalid_parameters"],
  ["no contracts", { count: 0 }, 400, "invalid_count"],
  ["two counts that differ", { count_fp: "2.00" }, 400, "invalid_count"],
  ["two prices", { no_price: 50 }, 400, "invalid_price"],
  [
    "a price off the grid",
    { yes_price: undefined, yes_price_dollars: "0.5050" },
    400,
    "invalid_price",
  ],
  ["what is not simulated", { reduce_only: true }, 400, "invalid_parameters"],
  ["more than there is", { count: 1_000_000 }, 400, "insufficient_balance"],
];

Deno.test("kalshi: orders that are wrong, or not signed, are refused", async (t) => {
  const { simulator, ask } = await openVenue();
  for (const [what, fields, status, code] of REFUSALS) {
    await t.step(what, async () => {
      const answer = await ask("POST", "/portfolio/orders", { ...order, ...fields });
      assert.deepEqual([answer.status, answer.error.code], [status, code]);
    });
  }
  assert.deepEqual((await ask("GET", "/portfolio/orders")).orders, []);
  const url = `http://127.0.0.1:${simulator.port}/trade-api/v2/portfolio/orders`;
  const headers = await signedHeaders(
    await demoKey(),
    Date.now(),
    "GET/trade-api/v2/portfolio/orders",
  );
  for (const init of [{}, { method: "POST", headers, body: JSON.stringify(order) }]) {
    const response = await fetch(url, init);
    assert.equal(response.status, 401);
    await response.body?.cancel();
  }
  await simulator.close();
});
