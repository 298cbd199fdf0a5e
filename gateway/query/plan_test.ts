import assert from "node:assert/strict";
import { planOf } from "./plan.ts";

const KALSHI = "KXSIMBTC-26DEC31-T99999.99";
const KNOWN = {
  markets: [
    { symbol: "BTCUSD", feed: "kraken", external: "BTC/USD", type: "spot" },
    { symbol: "ETHUSD", feed: "kraken", external: "ETH/USD", type: "spot" },
    { symbol: "SOLUSD", feed: "kraken", external: "SOL/USD", type: "spot" },
    { symbol: "SOLEUR", feed: "kraken", external: "SOL/EUR", type: "spot" },
    { symbol: KALSHI, feed: "kalshi", external: KALSHI, type: "prediction" },
  ],
  feeds: ["kraken", "kalshi"],
  nowUs: Date.parse("2026-11-28T15:30:00Z") * 1000,
};

const TODAY = { from: "2026-11-28T00:00:00.000000Z", to: "2026-11-28T15:30:00.000000Z" };
const YESTERDAY = { from: "2026-11-27T00:00:00.000000Z", to: "2026-11-28T00:00:00.000000Z" };
const HOUR = { from: "2026-11-28T14:30:00.000000Z", to: "2026-11-28T15:30:00.000000Z" };
const BTC = "/v1/markets/BTCUSD";
const ETH = "/v1/markets/ETHUSD";

/** What a question should become: intent, route and parameters; null = it is not understood. */
type Expected = readonly [string, string, Record<string, string | number>] | null;

const QUESTIONS: Readonly<Record<string, Expected>> = {
  "What is the price of BTCUSD?": ["price", BTC, {}],
  "price of bitcoin": ["price", BTC, {}],
  "How much is ether right now?": ["price", ETH, {}],
  "BTC/USD quote": ["price", BTC, {}],
  "what are the bid and ask of ETH": ["price", ETH, {}],
  "Where is BTC trading?": null,
  "what is BTC trading at": ["price", BTC, {}],
  "price of BTC at 10:15": ["price", `${BTC}/trades`, {
    to: "2026-11-28T10:15:00.000001Z",
    limit: 1,
  }],
  "price of BTC at 10:15 yesterday": ["price", `${BTC}/trades`, {
    to: "2026-11-27T10:15:00.000001Z",
    limit: 1,
  }],
  [`price of ${KALSHI}`]: ["price", `/v1/markets/${KALSHI}`, {}],
  "spread of BTCUSD": ["spread", BTC, {}],
  "What's the bid ask spread on ethereum?": ["spread", ETH, {}],
  "spread of BTC at 2026-11-27T09:00:00Z": ["spread", `${BTC}/tickers`, {
    to: "2026-11-27T09:00:00.000001Z",
    limit: 1,
  }],
  "volume of BTC": ["volume", BTC, {}],
  "How much was traded of BTC today?": ["volume", `${BTC}/candles`, {
    ...{ interval: "1m", ...TODAY, clock: "received" },
  }],
  "ETH volume yesterday": ["volume", `${ETH}/candles`, {
    ...{ interval: "1m", ...YESTERDAY, clock: "received" },
  }],
  "How many trades of BTC in the last hour?": ["volume", `${BTC}/candles`, {
    ...{ interval: "1m", ...HOUR, clock: "received" },
  }],
  "volume of BTC in the last 2 weeks": ["volume", `${BTC}/candles`, {
    ...{ interval: "15m", clock: "received" },
    ...{ from: "2026-11-14T15:30:00.000000Z", to: TODAY.to },
  }],
  "gaps of BTCUSD today": ["gaps", "/v1/gaps", { symbol: "BTCUSD", feed: "kraken", ...TODAY }],
  "Were there any gaps in kraken yesterday?": ["gaps", "/v1/gaps", {
    feed: "kraken",
    ...YESTERDAY,
  }],
  "is any data missing for ETH this week": ["gaps", "/v1/gaps", {
    ...{ symbol: "ETHUSD", feed: "kraken", from: "2026-11-23T00:00:00.000000Z", to: TODAY.to },
  }],
  "missing trades of BTC in the last 30 minutes": ["gaps", "/v1/gaps", {
    ...{ symbol: "BTCUSD", feed: "kraken" },
    ...{ from: "2026-11-28T15:00:00.000000Z", to: TODAY.to },
  }],
  "how many outages had kalshi since 2026-11-20?": ["gaps", "/v1/gaps", {
    ...{ feed: "kalshi", from: "2026-11-20T00:00:00.000000Z", to: TODAY.to },
  }],
  "gaps": ["gaps", "/v1/gaps", {}],
  "What data do we have for kraken?": ["coverage", "/v1/meta/inventory", { feed: "kraken" }],
  "which days are archived": ["coverage", "/v1/meta/inventory", {}],
  "coverage of BTCUSD this week": ["coverage", "/v1/meta/inventory", {
    ...{ feed: "kraken", from: "2026-11-23T00:00:00.000000Z", to: TODAY.to },
  }],
  "is 25 November recorded for kalshi?": ["coverage", "/v1/meta/inventory", {
    ...{ feed: "kalshi", from: "2026-11-25T00:00:00.000000Z", to: "2026-11-26T00:00:00.000000Z" },
  }],
  "how many records do we have of kraken from 2026-11-20 to 2026-11-22": [
    "coverage",
    "/v1/meta/inventory",
    { feed: "kraken", from: "2026-11-20T00:00:00.000000Z", to: "2026-11-22T00:00:00.000000Z" },
  ],
  "last 5 trades of BTC": ["trades", `${BTC}/trades`, { limit: 5 }],
  "latest trades of SOLUSD": ["trades", "/v1/markets/SOLUSD/trades", { limit: 20 }],
  "show me the trades of ETH between 09:00 and 09:30": ["trades", `${ETH}/trades`, {
    ...{ from: "2026-11-28T09:00:00.000000Z", to: "2026-11-28T09:30:00.000000Z", limit: 20 },
  }],
  "order book of BTC": ["orderbook", `${BTC}/orderbook`, { depth: 10 }],
  "show the ETHUSD orderbook, 25 levels": ["orderbook", `${ETH}/orderbook`, { depth: 25 }],
  "hourly candles of BTC yesterday": ["candles", `${BTC}/candles`, {
    ...{ interval: "1h", ...YESTERDAY, clock: "received" },
  }],
  "candles of ETH in the last hour": ["candles", `${ETH}/candles`, {
    ...{ interval: "1m", ...HOUR, clock: "received" },
  }],
  "daily candles of BTC in the last two weeks": ["candles", `${BTC}/candles`, {
    ...{ interval: "1d", clock: "received" },
    ...{ from: "2026-11-14T15:30:00.000000Z", to: TODAY.to },
  }],
  "the last 10 hourly candles of BTC": ["candles", `${BTC}/candles`, { interval: "1h", limit: 10 }],
  "high and low of BTC today": ["range", `${BTC}/candles`, {
    ...{ interval: "1m", ...TODAY, clock: "received" },
  }],
  "highest price of ETH yesterday": ["range", `${ETH}/candles`, {
    ...{ interval: "1m", ...YESTERDAY, clock: "received" },
  }],
  "is everything working?": ["status", "/v1/feeds", {}],
  "are the feeds connected": ["status", "/v1/feeds", {}],
  "system status": ["status", "/v1/feeds", {}],
  "Which markets are open?": ["markets", "/v1/markets", { limit: 20, state: "open" }],
  "list all markets of kalshi": ["markets", "/v1/markets", { limit: 20, feed: "kalshi" }],
  "prediction markets": ["markets", "/v1/markets", { limit: 20, type: "prediction" }],
  "how many markets are there?": ["markets", "/v1/markets", { limit: 20 }],
  "settled markets of kalshi": ["markets", "/v1/markets", {
    ...{ limit: 20, feed: "kalshi", state: "settled" },
  }],
  "top 5 markets by volume": ["markets", "/v1/markets", {
    ...{ limit: 5, sort: "volume_24h", order: "desc" },
  }],
  "most traded markets": ["markets", "/v1/markets", {
    ...{ limit: 20, sort: "volume_24h", order: "desc" },
  }],
  "bitcoin markets": ["markets", "/v1/markets", { limit: 20, search: "BTCUSD" }],
  "which markets expire today": ["markets", "/v1/markets", { limit: 20 }],
  "prediction markets closing on 31 December": ["markets", "/v1/markets", {
    ...{ limit: 20, type: "prediction" },
  }],
  [`how was ${KALSHI} settled`]: ["result", `/v1/markets/${KALSHI}`, {}],
  [`result of ${KALSHI}`]: ["result", `/v1/markets/${KALSHI}`, {}],
  // What the rules do not read is said, never guessed.
  "will bitcoin go up tomorrow?": null,
  "buy 10 BTC": null,
  "price of SOL": null,
  "correlation of BTC and ETH": null,
  "which markets are not open": null,
  "price of BTC before 10:00": null,
  "price of DOGE": null,
  // A time that does not exist is not "now".
  "trades of BTCUSD between 11:00 and 10:00": null,
  "volume of BTCUSD from 14:00 to 14:00": null,
  "trades of BTCUSD since 2026-13-01": null,
  "trades of BTCUSD since 2026-02-30": null,
  "trades of BTCUSD since 12:75": null,
  "price of BTCUSD at 2026-11-27T99:99": null,
  "volume of BTCUSD on 2026-02-30": null,
  "volume of BTCUSD on 30 february": null,
  "price of BTCUSD at 10:00 on 2026-02-30": null,
};

Deno.test("60 questions in words become what they mean, or are said not to be understood", () => {
  const all = Object.entries(QUESTIONS);
  assert.ok(all.length >= 60, `${all.length} questions`);
  let right = 0;
  for (const [question, expected] of all) {
    const plan = planOf(question, KNOWN);
    if ("why" in plan) {
      assert.equal(expected, null, `${question}: ${plan.why}`);
      assert.ok(plan.why.length > 0);
      continue;
    }
    assert.notEqual(expected, null, `${question} became ${plan.interpretation}`);
    const { intent, path, query } = plan;
    assert.deepEqual([intent, path, query], expected, question);
    right++;
  }
  assert.ok(right >= 54, `${right} of ${all.length} are right`);
});

Deno.test("a word that no rule reads makes a question not understood", () => {
  for (const [question, expected] of Object.entries(QUESTIONS)) {
    if (expected === null) continue;
    for (const strange of ["never", "without", "frobnicate", "except"]) {
      assert.ok("why" in planOf(`${question} ${strange}`, KNOWN), `${question} ${strange}`);
    }
  }
});
