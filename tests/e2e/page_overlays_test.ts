import assert from "node:assert/strict";
import type { Page } from "../browser/chromium.ts";
import { browserTest, says, shows } from "./_page.ts";
import { type NewRecord, withMarkets } from "./_published_markets.ts";

const [SYMBOL, OTHER] = ["KXMANY-0000", "KXMANY-0001"];
const MARKETS = 2;
/** Prices of one second each, and their sizes. */
const TRADES = [
  { price: 1, other: 50, size: 1 },
  { price: 10, other: 75, size: 1 },
  { price: 100, other: 100, size: 8 },
];

function trade(symbol: string, price: number, size: number): NewRecord {
  return { type: "trade", symbol, price, size, side: "buy", tradeId: "" };
}

/** Rows of the chart in which a colour is, in runs, from above; several colours lie on one another. */
async function rowsOf(page: Page, ...colors: string[]): Promise<[number, number][]> {
  return await page.evaluate(`(() => {
    const dot = document.createElement("canvas").getContext("2d");
    for (const name of ${JSON.stringify(colors)}) {
      dot.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
      dot.fillRect(0, 0, 1, 1);
    }
    const wanted = dot.getImageData(0, 0, 1, 1).data;
    const isIt = (data, at) => [0, 1, 2].every((i) => Math.abs(data[at + i] - wanted[i]) <= 2);
    const canvases = [...document.querySelectorAll("#chart canvas")];
    const widest = Math.max(...canvases.map(({ width, height }) => width * height));
    const rows = new Set();
    for (const canvas of canvases.filter(({ width, height }) => width * height === widest)) {
      const { width, height } = canvas;
      const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
      for (let i = 0; i < width * height; i++) {
        if (data[i * 4 + 3] > 250 && isIt(data, i * 4)) rows.add(Math.floor(i / width));
      }
    }
    const runs = [];
    for (const y of [...rows].sort((a, b) => a - b)) {
      const last = runs.at(-1);
      if (last !== undefined && y - last[1] <= 2) last[1] = y;
      else runs.push([y, y]);
    }
    return runs;
  })()`) as [number, number][];
}

/** Rows of a colour once they pass: the chart draws with its next frame. */
async function rowsOnce(
  page: Page,
  passes: (runs: [number, number][]) => boolean,
  ...colors: string[]
): Promise<[number, number][]> {
  let runs = await rowsOf(page, ...colors);
  for (let tries = 0; !passes(runs) && tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    runs = await rowsOf(page, ...colors);
  }
  assert.ok(passes(runs), `${colors}: ${JSON.stringify(runs)}`);
  return runs;
}

const middle = ([from, to]: readonly [number, number]) => (from + to) / 2;
const isPressed = (id: string) => `document.querySelector("#${id}[aria-pressed=true]") !== null`;
const click = (page: Page, id: string) => page.evaluate(`document.querySelector("#${id}").click()`);

browserTest(
  "mean price, volume by price, a log scale and a second market are laid over the candles",
  (page) =>
    withMarkets(MARKETS, async (gateway, publish) => {
      await page.resize(1280, 800, true);
      // What the gateway holds begins behind the first record of its bus.
      publish(trade(OTHER, 50, 1));
      for (const { price, other, size } of TRADES) {
        // Each in a second of its own.
        await new Promise((resolve) => setTimeout(resolve, 1001));
        publish(trade(SYMBOL, price, size));
        publish(trade(OTHER, other, 1));
      }
      await page.goto(`${gateway.url}/#/market/${SYMBOL}?interval=1s`);
      await shows(page, says("#legend", /C 100/));
      const isThree = (runs: [number, number][]) => runs.length === 3;
      const [high, mid, low] = (await rowsOnce(page, isThree, "--up")).map(middle) as [
        number,
        number,
        number,
      ];
      assert.ok((low - mid) * 8 < mid - high, "ten times the price is far away on an even scale");
      await click(page, "log");
      await shows(page, `location.hash.endsWith("?interval=1s&over=log")`);
      const isEven = (runs: [number, number][]) => {
        const [a = 0, b = 0, c = 0] = runs.map(middle);
        return runs.length === 3 && Math.abs((c - b) - (b - a)) <= 6;
      };
      await rowsOnce(page, isEven, "--up");
      await click(page, "log");

      const isThere = (runs: [number, number][]) => runs.length > 0;
      const isGone = (runs: [number, number][]) => runs.length === 0;
      assert.deepEqual(await rowsOf(page, "--vwap"), []);
      await click(page, "vwap");
      const vwap = await rowsOnce(page, isThere, "--vwap");
      // 811 was paid for 10: between the dear candle and the middle one.
      assert.ok(vwap[0] !== undefined && vwap[0][0] > high && vwap[0][0] < mid, String(vwap));
      const MOST = ["--panel", "--profile-most"];
      assert.deepEqual(await rowsOf(page, ...MOST), []);
      await click(page, "profile");
      const most = await rowsOnce(page, isThere, ...MOST);
      // Most was traded at 100.
      assert.ok(Math.abs(middle(most[0] ?? [0, 0]) - high) < 20, `${most} is not at ${high}`);
      await shows(page, `location.hash.endsWith("?interval=1s&over=vwap+profile")`);

      // They go along to the next visit.
      await page.goto("about:blank");
      await page.goto(`${gateway.url}/`);
      await shows(page, `${isPressed("vwap")} && ${isPressed("profile")} && !${isPressed("log")}`);
      await rowsOnce(page, isThere, ...MOST);
      await click(page, "profile");
      await click(page, "vwap");
      await rowsOnce(page, isGone, "--vwap");
      await shows(page, `location.hash.endsWith("?interval=1s")`);

      await page.evaluate(`document.querySelector("#compare").focus()`);
      await shows(page, `document.querySelectorAll("#compare-names option").length === 1`);
      await page.type("nothing");
      await page.press("Enter");
      await shows(page, `!document.querySelector("#compare").validity.valid`);
      await page.evaluate(`document.querySelector("#compare").select()`);
      await page.type(OTHER.toLowerCase());
      await page.press("Enter");
      await shows(page, `location.hash.endsWith("?interval=1s&versus=${OTHER}")`);
      const line = await rowsOnce(page, isThere, "--compare");
      // Both begin at 0 %: what doubled lies far below what is a hundred times as dear.
      const [top = 0] = (await rowsOf(page, "--up")).map(middle);
      assert.ok((line[0]?.[0] ?? 0) > top + 100, `${line} against ${top}`);
      await shows(page, `document.querySelector("#log").disabled`);
      await page.goto("about:blank");
      await page.goto(`${gateway.url}/`);
      await shows(page, `document.querySelector("#compare").value === "${OTHER}"`);
      await rowsOnce(page, isThere, "--compare");
      await page.evaluate(`document.querySelector("#compare").focus()`);
      await page.evaluate(`document.querySelector("#compare").select()`);
      await page.press("Backspace");
      await page.press("Enter");
      await shows(page, `location.hash.endsWith("?interval=1s")`);
      await rowsOnce(page, isGone, "--compare");
      assert.deepEqual(page.errors, []);
    }),
);
