import assert from "node:assert/strict";
import { nowUs } from "@ssmd/runtime";
import { browserTest, says, shows } from "./_page.ts";
import { type NewRecord, withMarkets } from "./_published_markets.ts";

const ROWS = `document.querySelectorAll("#market-rows > .row").length`;
const MARKETS = 5000;

const SYMBOL = "KXMANY-0042";
const BOOK: NewRecord = {
  type: "orderbook",
  symbol: SYMBOL,
  kind: "snapshot",
  depth: 0,
  checksum: "unverified",
  bids: [{ price: 0.4, size: 10 }],
  asks: [{ price: 0.5, size: 20 }],
};

function gap(fromUs: number, toUs: number): NewRecord {
  return {
    type: "gap",
    symbol: SYMBOL,
    channel: "all",
    reason: "sequence",
    fromUs,
    toUs,
    missed: 7,
    recovered: toUs !== 0,
    detail: "",
  };
}

browserTest(
  "of thousands of markets only those that are seen are in the document",
  (page) =>
    withMarkets(MARKETS, async (gateway) => {
      await page.resize(1280, 800, true);
      await page.goto(`${gateway.url}/`);
      await shows(page, says("#market-count", /5,000 markets/));
      await page.evaluate(`document.querySelector("#markets").scrollTop = 1e9`);
      await shows(page, says("#market-rows", /KXMANY-4999/));
      assert.ok(Number(await page.evaluate(ROWS)) < 60);
      await page.press("/");
      await page.type("4321");
      await shows(page, `${ROWS} === 1`);
      assert.deepEqual(page.errors, []);
    }),
);

browserTest(
  "a gap is told in the list, over the book, between the trades and in the chart",
  (page) =>
    withMarkets(MARKETS, async (gateway, publish) => {
      const trade = (price: number) =>
        publish({ type: "trade", symbol: SYMBOL, price, size: 1, side: "buy", tradeId: "" });
      await page.resize(1280, 800, false);
      publish(BOOK);
      trade(0.45);
      await page.goto(`${gateway.url}/#/market/${SYMBOL}`);
      await shows(page, says("#book-state", /1 × 1/));
      await shows(page, says("#tape", /0\.45/));
      const sinceUs = nowUs();
      publish(gap(sinceUs, 0));
      await shows(page, says("#banner", /book is suspect since .* UTC: messages are missing/));
      await shows(page, says("#tape .gap-mark", /gap begins: sequence/));
      await shows(page, `document.querySelector("#ladder").classList.contains("suspect")`);
      await page.press("m");
      await page.press("/");
      await page.type("0042");
      await shows(page, says("#market-rows .mark", /gap/));
      await page.press("ArrowDown");
      await page.press("Enter");
      publish(gap(sinceUs, nowUs()));
      publish(BOOK);
      trade(0.46);
      await shows(page, says("#tape", /0\.46/));
      await shows(page, `!document.querySelector("#ladder").classList.contains("suspect")`);
      await shows(page, says("#legend", /incomplete/));
      await page.press("f");
      await shows(page, says("#feed-cards dd.warn", /^1$/));
      assert.deepEqual(page.errors, []);
    }),
);
