import assert from "node:assert/strict";
import { CutLine } from "../servers/cut_line.ts";
import { freePort } from "../servers/free_port.ts";
import { browserTest, says, shows } from "./_page.ts";
import { withMarkets } from "./_published_markets.ts";

const SYMBOL = "KXMANY-0001";
const ROWS = `[...document.querySelectorAll("#market-rows > .row")]`;

browserTest("a gateway that returns without its data leaves no old figure", async (page) => {
  const port = freePort();
  await withMarkets(3, async (gateway, publish) => {
    const trade = { type: "trade", price: 0.45, size: 1, side: "buy", tradeId: "" } as const;
    publish({
      ...{ type: "orderbook", symbol: SYMBOL, kind: "snapshot", depth: 0 },
      ...{ checksum: "unverified", bids: [{ price: 0.4, size: 10 }], asks: [] },
    });
    for (const symbol of [SYMBOL, "KXMANY-0002"]) publish({ ...trade, symbol });
    await page.goto(`${gateway.url}/`);
    await shows(page, `${ROWS}.filter((row) => /0\\.45/.test(row.textContent)).length === 2`);
    await page.evaluate(`location.hash = "#/feeds"`);
    await shows(page, says("#feed-cards", /kalshi/));
    await page.evaluate(`location.hash = "#/market/${SYMBOL}"`);
    await shows(page, says("#book-state", /1 × 0/));
    await shows(page, says("#tape", /0\.45/));
  }, port);
  await shows(page, `!document.querySelector("#away").hidden`);
  await withMarkets(2, async () => {
    await shows(page, says("#connection", /^(live|kalshi .*)$/));
    await shows(page, says("#book-state", /no snapshot/));
    await shows(page, says("#last", /^–$/));
    await shows(page, says("#tape .gap-mark", /trades may be missing/));
    await page.evaluate(`location.hash = "#/markets"`);
    await shows(page, says("#market-count", /^2 markets$/));
    assert.equal(
      await page.evaluate(`${ROWS}.some((row) => /0\\.4/.test(row.textContent))`),
      false,
    );
  }, port);
});

browserTest(
  "a list of more markets than one answer holds is whole",
  (page) =>
    withMarkets(5001, async (gateway) => {
      await page.goto(`${gateway.url}/`);
      await shows(page, says("#market-count", /^5,001 markets$/));
    }),
);

browserTest(
  "connections that died without a word do not keep the page from its answers",
  (page) =>
    withMarkets(3, async (gateway) => {
      using line = new CutLine(Number(new URL(gateway.url).port));
      await page.goto(`http://127.0.0.1:${line.port}/`);
      await shows(page, says("#market-count", /3 markets/));
      line.die();
      await shows(page, `!document.querySelector("#away").hidden`);
      line.mend();
      await shows(page, `document.querySelector("#away").hidden`);
      // The page's own requests wait for no connection of before.
      await page.evaluate(`location.hash = "#/market/${SYMBOL}"`);
      await shows(page, `document.querySelector("#quality-state").textContent !== ""`, 30_000);
    }),
);
