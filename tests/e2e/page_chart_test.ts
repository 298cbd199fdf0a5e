import assert from "node:assert/strict";
import type { Page } from "../browser/chromium.ts";
import { browserTest, changes, says, shows } from "./_page.ts";
import { Folder, RunningUp } from "./_process.ts";
import { withMarkets } from "./_published_markets.ts";

const LEGEND = `document.querySelector("#legend").textContent`;

/** The legend once it stays for a second: the next answer may put it right. */
async function settledLegend(page: Page): Promise<string> {
  let [before, legend] = ["", String(await page.evaluate(LEGEND))];
  for (let tries = 0; before !== legend && tries < 20; tries++) {
    before = legend;
    await page.evaluate(`new Promise((resolve) => setTimeout(resolve, 1000))`);
    legend = String(await page.evaluate(LEGEND));
  }
  return legend;
}

/** Points at a candle, from the left on: an interval without a trade has none. Gives the legend. */
async function pointAtCandle(page: Page): Promise<string> {
  for (let far = 0.06; far < 0.5; far += 0.03) {
    await pointAtChart(page, far);
    const legend = await settledLegend(page);
    if (/O \S+/.test(legend)) return legend;
  }
  throw new RangeError("there is no candle in the chart's left half");
}

/** Moves the mouse onto the chart, this far from its left, 0 to 1. */
async function pointAtChart(page: Page, far: number): Promise<void> {
  const box = await page.evaluate(`(() => {
    const { x, y, width, height } = document.querySelector("#chart").getBoundingClientRect();
    return { x: x + (width - 80) * ${far}, y: y + height / 2 };
  })()`) as { x: number; y: number };
  await page.moveTo(box.x, box.y);
}

browserTest(
  "a young recording fills its chart, and arrows and Enter need no click",
  async (page) => {
    await using data = new Folder();
    await using up = new RunningUp(["--data", data.path]);
    const url = await up.url();
    await page.resize(1280, 800, true);
    await page.goto(`${url}/`);
    await shows(page, `document.querySelectorAll("#market-rows > .row").length === 7`);
    await page.press("ArrowDown");
    await page.press("ArrowDown");
    await shows(page, says("#market-rows .cursor", /ETHUSD/));
    await page.press("ArrowUp");
    await page.press("Enter");
    await shows(page, `location.hash === "#/market/BTCUSD"`);
    await shows(page, says("#intervals [aria-pressed=true]", /^auto (1|5)s$/));
    await shows(page, says("#since", /^recording since \d\d:\d\d:\d\d$/));
    await shows(page, says("#legend", /O \S+ {2}H/));

    // A chosen length is in the address, and goes along to the next market and the next visit.
    await page.press("2");
    await shows(page, says("#intervals [aria-pressed=true]", /^5s$/));
    await shows(page, `location.hash === "#/market/BTCUSD?interval=5s"`);
    await page.press("ArrowDown");
    await shows(page, `location.hash === "#/market/ETHUSD?interval=5s"`);
    await page.goto("about:blank");
    await page.goto(`${url}/`);
    await shows(page, `location.hash === "#/market/ETHUSD?interval=5s"`);
    await shows(page, says("#symbol", /ETHUSD/));
    await page.press("0");
    await shows(page, `location.hash === "#/market/ETHUSD"`);

    // A span of the past is one, too.
    const to = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString().replace(".000Z", "Z");
    await page.evaluate(`location.hash = "#/market/BTCUSD?interval=1s&span=60s&to=${to}"`);
    await shows(page, says("#intervals [aria-pressed=true]", /^1s$/));
    await shows(page, says("#legend", /O \S+ {2}H/));
    assert.deepEqual([page.errors, page.failures], [[], []]);
  },
);

browserTest("the legend stays at the candle that is pointed at", async (page) => {
  await using data = new Folder();
  await using up = new RunningUp(["--data", data.path]);
  await page.resize(1280, 800, false);
  const address = `${await up.url()}/#/market/BTCUSD?interval=1s`;
  await page.goto(address);
  const candles = `fetch("/v1/markets/BTCUSD/candles?interval=1s&limit=60").then((answer) =>
    answer.json()).then(({ candles }) => candles.length > 4)`;
  await shows(page, candles);
  // All that are over come from the gateway.
  await page.goto("about:blank");
  await page.goto(address);
  await shows(page, says("#legend", /O \S+ {2}H/));
  await changes(page, "#legend");
  const pointed = await pointAtCandle(page);
  await changes(page, "#tape");
  await page.evaluate(`new Promise((resolve) => setTimeout(resolve, 2000))`);
  assert.equal(String(await page.evaluate(LEGEND)).slice(0, 12), pointed.slice(0, 12));
  await page.moveTo(20, 20);
  await changes(page, "#legend");
  assert.deepEqual([page.errors, page.failures], [[], []]);
});

/** Answers a question for candles after a while, when live ones are drawn already, with 300 of them. */
const LATE_HISTORY = `
  const ask = globalThis.fetch;
  globalThis.fetch = async (path, options) => {
    const answer = await ask(path, options);
    if (!/candles\\?interval=1s.*limit=400/.test(String(path))) return answer;
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const now = Math.floor(Date.now() / 1000) * 1000;
    const candles = Array.from({ length: 300 }, (_, i) => ({
      ...{ start: now - (299 - i) * 1000, open: 1, high: 3, low: 1, close: i % 2 ? 3 : 1 },
      ...{ volume: 1, vwap: 2, trades: 1, gap: false },
    }));
    return Response.json({ candles, gaps: [], late_trades: 0 });
  };`;

/** Where the first and the last candle of the chart are, as shares of its width. */
const EXTENT = `(() => {
  const color = getComputedStyle(document.documentElement).getPropertyValue("--up").trim();
  const canvases = [...document.querySelectorAll("#chart canvas")];
  const canvas = canvases.reduce((a, b) => a.width * a.height >= b.width * b.height ? a : b);
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const columns = [];
  for (let i = 0; i < width * height; i++) {
    const dot = "#" + [0, 1, 2].map((n) => data[i * 4 + n].toString(16).padStart(2, "0")).join("");
    // The last price has a dotted line across: a candle is higher than that.
    if (dot === color) columns[i % width] = (columns[i % width] ?? 0) + 1;
  }
  const high = columns.flatMap((count, x) => count > 20 ? [x / width] : []);
  return high.length < 100 ? undefined : [high[0], high.at(-1)];
})()`;

browserTest(
  "a chart whose history comes after its live candles shows both, over its whole width",
  (page) =>
    withMarkets(1, async (gateway, publish) => {
      let price = 1;
      const trade = () => {
        price = 4 - price;
        publish({
          ...{ type: "trade", symbol: "KXMANY-0000", price, size: 1, side: "buy", tradeId: "" },
        });
      };
      const publishing = setInterval(trade, 250);
      try {
        await page.prepare(LATE_HISTORY);
        await page.resize(1280, 800, true);
        await page.goto(`${gateway.url}/#/market/KXMANY-0000?interval=1s`);
        await shows(page, says("#legend", /O \S+ {2}H/));
        await shows(page, `((extent) => extent?.[0] < 0.1 && extent[1] > 0.9)(${EXTENT})`);
      } finally {
        clearInterval(publishing);
      }
      assert.deepEqual(page.errors, []);
    }),
);
