import assert from "node:assert/strict";
import { Encoder } from "@ssmd/codec";
import { type Gateway, startGateway } from "@ssmd/gateway";
import { type MarketEvent, subjectOf } from "@ssmd/market";
import { Metrics, nowUs, silentLogger } from "@ssmd/runtime";
import { memoryTransport } from "@ssmd/transport";
import { browserTest, says, shows } from "./_page.ts";

const ROWS = `document.querySelectorAll("#market-rows > .row").length`;
const MARKETS = 5000;

/** A record without what a publisher adds: its feed, its times and its number. */
type NewRecord = Without<MarketEvent, "feed" | "timestampUs" | "receivedAtUs" | "sequence">;
type Without<T, Names extends string> = T extends unknown ? Omit<T, Names> : never;

/** A gateway with thousands of markets, and what is published on its bus. */
async function withManyMarkets(
  test: (gateway: Gateway, publish: (record: NewRecord) => void) => Promise<void>,
): Promise<void> {
  const transport = memoryTransport();
  const publisher = transport.publisher();
  const encoder = new Encoder();
  let sequence = 0;
  const markets = Array.from({ length: MARKETS }, (_, i) => ({
    ...{ symbol: `KXMANY-${String(i).padStart(4, "0")}`, feed: "kalshi", external: "" },
  }));
  const gateway = await startGateway({
    ...{ env: "test", transport, markets, feeds: ["kalshi"], host: "127.0.0.1", port: 0 },
    ...{ logger: silentLogger, metrics: new Metrics("gateway"), version: "0.0.0", info: {} },
  });
  try {
    await test(gateway, (record) => {
      const [now, number] = [nowUs(), ++sequence];
      const times = { timestampUs: now, receivedAtUs: now, sequence: number };
      const event: MarketEvent = { feed: "kalshi", ...times, ...record };
      const subject = subjectOf("test", event.feed, event.type, event.symbol);
      publisher.publish({ subject, payload: encoder.encode(event), id: `test-${number}` });
    });
  } finally {
    await gateway.close();
    await publisher.close();
    await transport.close();
  }
}

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
    withManyMarkets(async (gateway) => {
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
    withManyMarkets(async (gateway, publish) => {
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
      assert.deepEqual(page.errors, []);
    }),
);
