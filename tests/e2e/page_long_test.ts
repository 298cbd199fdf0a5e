import assert from "node:assert/strict";
import type { Page } from "../browser/chromium.ts";
import { browserTest, says, shows } from "./_page.ts";
import { withMarkets } from "./_published_markets.ts";

const MARKETS = 2000;
const SYMBOL = "KXMANY-0000";
const HOURS = 8;
/** Messages of an hour, 47 a second as in the demo: of the list, and of the market that is looked at. */
const LIST_PER_HOUR = 108_000;
const TRADES_PER_HOUR = 21_600;
const DELTAS_PER_HOUR = 39_600;
/** A growth that is no leak: caches of numbers, compiled code. */
const GROWTH_BYTES_MAX = 3_000_000;
const HIDDEN_SHARE_MAX = 0.1;
const HIDDEN_MS = 10_000;

/** Before the page's scripts: its clock can be moved, and its connection be spoken for. */
const PREPARE = `
  const RealDate = Date;
  globalThis.aheadMs = 0;
  globalThis.Date = class extends RealDate {
    constructor(...args) {
      if (args.length === 0) super(RealDate.now() + globalThis.aheadMs);
      else super(...args);
    }
    static now() { return RealDate.now() + globalThis.aheadMs; }
  };
  globalThis.WebSocket = class extends WebSocket {
    constructor(...args) { super(...args); globalThis.connection = this; }
  };`;

/** Gives the page what comes in an hour, in parts of ten seconds, and lets it draw each. */
const hourOf = (hour: number) =>
  `(async () => {
  const PARTS = 360;
  const tell = (message) => connection.onmessage({ data: JSON.stringify(message) });
  const times = () => ({ recv_ts: Date.now(), ts: Date.now() });
  const base = { feed: "kalshi" };
  let n = ${hour} * 1e7;
  for (let part = 0; part < PARTS; part++) {
    aheadMs += 3600_000 / PARTS;
    for (let i = 0; i < ${LIST_PER_HOUR} / PARTS; i++) {
      const symbol = "KXMANY-" + String(n++ % ${MARKETS}).padStart(4, "0");
      tell({ type: "ticker", symbol, ...base, ...times(), conflated: true, seq: n,
        bid_price: 0.4 + n % 7 / 100, ask_price: 0.5 + n % 5 / 100, volume_24h: n });
    }
    for (let i = 0; i < ${TRADES_PER_HOUR} / PARTS; i++) {
      tell({ type: "trade", symbol: "${SYMBOL}", ...base, ...times(), side: "buy", seq: n,
        price: 0.4 + n++ % 11 / 100, size: 1 + n % 5, pos: n });
    }
    for (let i = 0; i < ${DELTAS_PER_HOUR} / PARTS; i++) {
      tell({ type: "orderbook", kind: "delta", symbol: "${SYMBOL}", ...base, ...times(), seq: n,
        bids: [[0.30 + n++ % 20 / 100, n % 50]], asks: [[0.51 + n % 20 / 100, n % 50]], pos: n });
    }
    const gap = { type: "gap", symbol: "_all", ...base, channel: "all", reason: "disconnect",
      from: Date.now() - 500, missed: null, recv_ts: Date.now() };
    if (part % 60 === 0) {
      tell({ ...gap, to: null, recovered: false });
      tell({ ...gap, to: Date.now(), recovered: true });
    }
    await new Promise(requestAnimationFrame);
  }
})()`;

/** The page with a book, ready for what comes. */
async function open(page: Page, url: string): Promise<void> {
  await page.prepare(PREPARE);
  await page.resize(1280, 800, true);
  await page.goto(`${url}/#/market/${SYMBOL}?interval=1s&over=vwap+profile`);
  await shows(page, says("#book-state", /1 × 1/));
}

browserTest(
  "of 2,000 markets and eight hours nothing stays in memory",
  (page) =>
    withMarkets(MARKETS, async (gateway, publish) => {
      const level = (price: number) => [{ price, size: 10 }];
      publish({
        ...{ type: "orderbook", symbol: SYMBOL, kind: "snapshot", depth: 0 },
        ...{ checksum: "unverified", bids: level(0.4), asks: level(0.5) },
      });
      await open(page, gateway.url);
      const bytes: number[] = [];
      for (let hour = 0; hour < HOURS; hour++) {
        await page.evaluate(hourOf(hour));
        bytes.push(await page.heapBytes());
        // The list is looked at for a while, too.
        await page.evaluate(`location.hash = "#/${hour % 2 ? "markets" : `market/${SYMBOL}`}"`);
      }
      const sizes = bytes.map((each) => (each / 1e6).toFixed(1)).join(" ");
      if (Deno.env.has("SSMD_TEST_FIGURES")) console.log(`heap by the hour, MB: ${sizes}`);
      const [first = 0, ...later] = bytes.slice(1);
      assert.ok(Math.max(...later) - first < GROWTH_BYTES_MAX, `MB by the hour: ${sizes}`);
      assert.deepEqual(page.errors, []);
    }),
);

browserTest(
  "a page that nobody sees takes little of a processor",
  (page) =>
    withMarkets(MARKETS, async (gateway, publish) => {
      await page.goto(`${gateway.url}/`);
      await shows(page, says("#market-count", /2,000 markets/));
      let n = 0;
      // 500 records a second, over all markets.
      const publishing = setInterval(() => {
        for (let i = 0; i < 25; i++) {
          const symbol = `KXMANY-${String(n++ * 7 % MARKETS).padStart(4, "0")}`;
          publish({
            type: "trade",
            symbol,
            price: 0.4 + n % 9 / 100,
            size: 1,
            side: "buy",
            tradeId: "",
          });
        }
      }, 50);
      try {
        await shows(page, says("#market-rows .row .last", /0\.4/));
        await page.hide();
        await shows(page, "document.hidden");
        const beforeS = await page.cpuSeconds();
        await new Promise((resolve) => setTimeout(resolve, HIDDEN_MS));
        const share = (await page.cpuSeconds() - beforeS) / (HIDDEN_MS / 1000);
        if (Deno.env.has("SSMD_TEST_FIGURES")) console.log(`hidden: ${share.toFixed(3)} of a core`);
        assert.ok(share < HIDDEN_SHARE_MAX, `${share} of a core`);
      } finally {
        clearInterval(publishing);
      }
      assert.deepEqual(page.errors, []);
    }),
);
