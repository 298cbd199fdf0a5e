/**
 * A session of Kalshi's own client with the simulated venue: markets, book, orders, fills. A test runs
 * it in the folder of the client's packages, with the address and a key. @module
 */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { setTimeout as delay } from "node:timers/promises";

const TICKER = "KXSIMFED-26DEC-T3.75";
const BASE = { ticker: TICKER, self_trade_prevention_type: "taker_at_cross" } as const;

// deno-lint-ignore no-explicit-any -- the client is not among the packages whose types are known here
type Client = any;

/** The client's parts, with nothing changed but the address. */
function openClient(): Record<string, Client> {
  const [basePath, apiKey] = Deno.args;
  const privateKeyPem = Deno.env.get("KALSHI_PRIVATE_KEY");
  const kalshi = createRequire(`${Deno.cwd()}/`)("kalshi-typescript");
  const configuration = new kalshi.Configuration({ apiKey, privateKeyPem, basePath });
  return {
    exchange: new kalshi.ExchangeApi(configuration),
    market: new kalshi.MarketApi(configuration),
    orders: new kalshi.OrdersApi(configuration),
    portfolio: new kalshi.PortfolioApi(configuration),
  };
}

/** Best bid and ask of YES, in dollars. */
async function bestPrices({ market }: Record<string, Client>) {
  const { data } = await market.getMarketOrderbook(TICKER, 5);
  const { yes_dollars, no_dollars } = data.orderbook_fp;
  assert.equal(yes_dollars.length, 5);
  return { bid: Number(yes_dollars.at(-1)[0]), ask: 1 - Number(no_dollars.at(-1)[0]) };
}

/** Status and code of a request that the venue refuses. */
async function refusalOf(request: Promise<unknown>): Promise<unknown[]> {
  const answer = await request.then(() => assert.fail("nothing was refused"), (error) => error);
  return [answer.response?.status, answer.response?.data.error.code];
}

async function checkMarketData(client: Record<string, Client>): Promise<void> {
  assert.equal((await client["exchange"].getExchangeStatus()).data.trading_active, true);
  const { data: { markets } } = await client["market"].getMarkets(100);
  assert.ok(markets.some(({ ticker }: { ticker: string }) => ticker === TICKER));
  const { data: { market } } = await client["market"].getMarket(TICKER);
  assert.deepEqual([market.ticker, market.status], [TICKER, "active"]);
  const { bid, ask } = await bestPrices(client);
  assert.ok(bid < ask, `${bid} ${ask}`);
  const { data: { trades } } = await client["market"].getTrades(10, undefined, TICKER);
  for (const trade of trades) assert.equal(trade.ticker, TICKER);
}

/** An order that takes: its answer, its fill, the money and the position agree. */
async function checkTaker(client: Record<string, Client>): Promise<void> {
  const { orders, portfolio } = client;
  const { data: before } = await portfolio.getBalance();
  const { ask } = await bestPrices(client);
  // A limit above the best price takes however far the model has moved.
  const price = Math.min(0.99, ask + 0.05).toFixed(2);
  const { status, data: taken } = await orders.createOrderV2({
    ...{ ...BASE, side: "bid", count: "3", price, client_order_id: "taker" },
    time_in_force: "immediate_or_cancel",
  });
  assert.deepEqual([status, taken.fill_count, taken.client_order_id], [201, "3.00", "taker"]);
  const { data: { order } } = await orders.getOrder(taken.order_id);
  assert.deepEqual([order.status, order.outcome_side, order.book_side], ["executed", "yes", "bid"]);
  const { data: { fills } } = await portfolio.getFills(undefined, taken.order_id);
  const sum = (value: (fill: Client) => number) =>
    fills.reduce((all: number, fill: Client) => all + value(fill), 0);
  const cost = sum((fill) => Number(fill.yes_price_dollars) * Number(fill.count_fp));
  const fees = sum((fill) => Number(fill.fee_cost));
  assert.equal(sum((fill) => Number(fill.count_fp)), 3);
  for (const fill of fills) {
    assert.deepEqual([fill.is_taker, fill.book_side, fill.order_id], [true, "bid", order.order_id]);
  }
  assert.ok(Math.abs(Number(taken.average_fill_price) - cost / 3) < 1e-4, taken.average_fill_price);
  assert.ok(Math.abs(Number(taken.average_fee_paid) - fees / 3) < 1e-4, taken.average_fee_paid);
  const { data: after } = await portfolio.getBalance();
  const paid = Number(before.balance_dollars) - Number(after.balance_dollars);
  assert.ok(Math.abs(paid - cost - fees) < 1e-3, `${paid} is not ${cost} and ${fees}`);
  const { data: { market_positions: [position] } } = await portfolio.getPositions();
  assert.deepEqual([position.ticker, position.position_fp], [TICKER, "3.00"]);
}

/** One offer far away is listed and canceled; one at the best price is filled by the model. */
async function checkMaker(client: Record<string, Client>): Promise<void> {
  const { orders } = client;
  const resting = { ...BASE, time_in_force: "good_till_canceled", post_only: true, count: "1" };
  const { data: far } = await orders.createOrderV2({ ...resting, side: "bid", price: "0.01" });
  assert.deepEqual([far.fill_count, far.remaining_count], ["0.00", "1.00"]);
  assert.equal(far.average_fill_price, undefined);
  const { data: listed } = await orders.getOrders(
    TICKER,
    undefined,
    undefined,
    undefined,
    "resting",
  );
  assert.deepEqual(listed.orders.map((each: Client) => each.order_id), [far.order_id]);
  const { data: canceled } = await orders.cancelOrderV2(far.order_id);
  assert.deepEqual([canceled.order_id, canceled.reduced_by], [far.order_id, "1.00"]);
  assert.deepEqual(await refusalOf(orders.cancelOrderV2(far.order_id)), [404, "not_found"]);
  for (let status = "canceled"; status !== "executed";) {
    const { ask } = await bestPrices(client);
    const order = { ...resting, side: "ask", price: ask.toFixed(2) };
    const { data: { order_id } } = await orders.createOrderV2(order);
    // The venue's lowest tier has 20 requests a second.
    for (let asked = 0; asked < 20; asked++) {
      status = (await orders.getOrder(order_id)).data.order.status;
      if (status !== "resting") break;
      await delay(100);
    }
    if (status === "resting") await orders.cancelOrderV2(order_id).catch(() => {});
  }
}

async function checkRefusals(client: Record<string, Client>): Promise<void> {
  const { orders } = client;
  const order = {
    ...BASE,
    side: "bid",
    count: "1",
    price: "0.01",
    time_in_force: "good_till_canceled",
  };
  for (
    const [fields, status, code] of [
      [{ client_order_id: "taker" }, 409, "order_already_exists"],
      [{ ticker: "KXNO" }, 404, "market_not_found"],
      [{ side: "yes" }, 400, "invalid_parameters"],
      [{ count: "0" }, 400, "invalid_count"],
      [{ price: "0.005" }, 400, "invalid_price"],
      [{ self_trade_prevention_type: "maker" }, 400, "invalid_parameters"],
      [{ count: "100000000" }, 400, "insufficient_balance"],
    ] as const
  ) {
    const refused = await refusalOf(orders.createOrderV2({ ...order, ...fields }));
    assert.deepEqual(refused, [status, code], JSON.stringify(fields));
    await delay(50);
  }
}

const client = openClient();
await checkMarketData(client);
await checkTaker(client);
await checkMaker(client);
await checkRefusals(client);
