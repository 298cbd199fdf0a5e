import assert from "node:assert/strict";
import { type AgentsRequest, agentsSubject, type MarketEvent } from "@ssmd/market";
import { memoryStorage } from "@ssmd/storage";
import { TestArchive } from "../history/testing/archived.ts";
import { answerAsSignals } from "../testing/signals_service.ts";
import { type GatewayRig, withGateway } from "../testing/gateway_rig.ts";
import { MCP_LIMITS } from "./limits.ts";
import { RESOURCES } from "./resources.ts";
import { TOOLS } from "./tools/index.ts";

const FREE = { callsPerMinuteMax: 1e9, callsBurstMax: 1e9, reportsPerMinuteMax: 1e9 };
const DAY_US = 86_400_000_000;
const DAYS = 60;
const FEEDS = ["kraken", "kalshi"];
const FULL_DAY = "2026-08-01";
const FULL_US = Date.parse(`${FULL_DAY}T00:00:00Z`) * 1000;
const HOUR = { from: `${FULL_DAY}T00:00:00Z`, to: `${FULL_DAY}T01:00:00Z` };
/** Three bytes a character: as long as a text of others may be in JSON. */
const TEXT = "市場".repeat(300);
const MARKETS = FEEDS.flatMap((feed) =>
  Array.from({ length: 300 }, (_, i) => ({
    ...{ symbol: i === 0 ? "BTCUSD" : `${feed.toUpperCase()}-MARKET-${i}`, feed, external: TEXT },
  }))
).filter(({ symbol, feed }) => symbol !== "BTCUSD" || feed === "kraken");

/** What is required, and nothing else; one answer a tool. */
const DEFAULTS: Readonly<Record<string, Record<string, unknown>>> = {
  get_market: { symbol: "BTCUSD" },
  get_trades: { symbol: "BTCUSD" },
  get_orderbook: { symbol: "BTCUSD" },
  query_historical: { symbol: "BTCUSD", kind: "candles" },
  get_signal_history: { id: "signal-0" },
  test_signal: { id: "signal-0" },
  create_signal: { words: "when it rains" },
  report_issue: { kind: "other", text: TEXT.slice(0, 300) },
};
/** The fullest hour of the archive; each has more than fits. */
const FULLEST: readonly (readonly [string, Record<string, unknown>])[] = [
  ["get_trades", { symbol: "BTCUSD", ...HOUR }],
  ["query_historical", { symbol: "BTCUSD", kind: "tickers", ...HOUR }],
  ["query_historical", { symbol: "BTCUSD", kind: "gaps", ...HOUR }],
  ["query_historical", { symbol: "BTCUSD", kind: "candles", interval: "5s", ...HOUR }],
  ["get_signal_history", { id: "signal-0", ...HOUR }],
];

function records(feed: string, startUs: number, count: number): MarketEvent[] {
  return Array.from({ length: count }, (_, i): MarketEvent[] => {
    const receivedAtUs = startUs + i * 1_000_000;
    const base = {
      ...{ symbol: "BTCUSD", feed, sequence: i + 1, timestampUs: receivedAtUs, receivedAtUs },
    };
    return [
      { ...base, type: "trade", price: 60_000.25 + i, size: 1.5, side: "buy", tradeId: `t-${i}` },
      {
        ...{ ...base, type: "ticker", bidPrice: 60_000, bidSize: 1, askPrice: 60_001, askSize: 2 },
        ...{ lastPrice: 60_000 + i, lastSize: 1, volume24h: 10, openInterest: null },
      },
      {
        ...{ ...base, type: "gap", reason: "sequence", fromUs: receivedAtUs, channel: "all" },
        ...{ toUs: receivedAtUs + 1_000, missed: 1, recovered: false, detail: TEXT },
      },
      {
        ...{ ...base, type: "fire", id: String(i).padStart(32, "0"), signal: "signal-0", run: 1 },
        ...{ version: 1, sourceHash: "a".repeat(64), paramsHash: "b".repeat(64), engine: "1" },
        ...{ causeSequence: i, causeReceivedAtUs: receivedAtUs, values: '{"spread":0.05}' },
      },
    ];
  }).flat();
}

/** Sixty days of two feeds, one of them with an hour of everything every second. */
async function fullArchive() {
  const storage = memoryStorage();
  for (const feed of FEEDS) {
    const archive = new TestArchive(storage, "test", feed);
    await archive.write(
      Array.from({ length: DAYS }, (_, i) => records(feed, FULL_US - i * DAY_US, 3)).flat(),
    );
    if (feed === "kraken") await archive.write(records(feed, FULL_US + 60_000_000, 600));
  }
  return storage;
}

/** Services of signals and agents that have much to say. */
async function answerAtLength({ transport }: GatewayRig): Promise<void> {
  const signal = (id: string) => ({
    ...{ id, title: TEXT, version: 1, state: "running", feeds: FEEDS, symbols: ["*"], fires: 9 },
    ...{ params: { minSpread: 0.04 }, state_detail: "", source_sha256: "a".repeat(64) },
  });
  await answerAsSignals(transport, Array.from({ length: 200 }, (_, i) => signal(`signal-${i}`)));
  const findings = Array.from({ length: 200 }, (_, i) => ({
    ...{ line: i, column: 1, message: `"Date" is refused ${TEXT}`, hint: "" },
  }));
  await transport.respond(agentsSubject("test"), (payload) => {
    const { action }: AgentsRequest = JSON.parse(new TextDecoder().decode(payload));
    const thread = {
      ...{ thread: "d-1", state: "ended", detail: TEXT, model: "scripted", signal: "wide" },
      ...{ source: "x".repeat(20_000), hash: null, checks: findings.map(() => TEXT) },
    };
    const test = { signal: "signal-0", ok: false, fires: 0, records: 0, steps: [], findings };
    const answer = action === "test" ? { ok: true, test } : { ok: true, thread };
    return new TextEncoder().encode(JSON.stringify(answer));
  });
}

Deno.test("over a full archive no tool answers with more than 8 KiB, and what is left out is told", async (t) => {
  const storage = await fullArchive();
  await withGateway(
    async (rig) => {
      await answerAtLength(rig);
      const { connector, gateway: { url } } = rig;
      const levels = (side: number) =>
        Array.from({ length: 500 }, (_, i) => ({ price: 60_000 + side * (i + 1), size: 1.25 }));
      connector.delta("BTCUSD", levels(-1), levels(1));
      connector.snapshot("BTCUSD");
      for (let i = 0; i < 200; i++) connector.trade("BTCUSD", 60_000 + i);
      const check = async (path: string, body?: unknown) => {
        const response = await fetch(
          url + path,
          body === undefined ? {} : {
            ...{ method: "POST", headers: { "content-type": "application/json" } },
            body: JSON.stringify(body),
          },
        );
        const bytes = await response.bytes();
        const text = new TextDecoder().decode(bytes);
        assert.equal(response.status, 200, text);
        assert.ok(bytes.length <= MCP_LIMITS.answerBytesMax, `${bytes.length} bytes`);
        return JSON.parse(text);
      };
      for (const name of TOOLS.keys()) {
        await t.step(name, () => check(`/v1/tools/${name}`, DEFAULTS[name] ?? {}));
      }
      for (const { uri } of RESOURCES) {
        await t.step(uri, () => check(`/v1/resource?uri=${encodeURIComponent(uri)}`));
      }
      for (const [name, args] of FULLEST) {
        await t.step(`${name} ${args["kind"] ?? ""} of its fullest hour`, async () => {
          const { data, next_cursor: cursor } = await check(`/v1/tools/${name}`, args);
          assert.notEqual(cursor, undefined);
          const lists = Object.values(data).filter(Array.isArray);
          assert.ok(lists.some(({ length }) => length > 5), `${lists.map((one) => one.length)}`);
        });
      }
      await t.step("what no cursor leads to", async () => {
        for (const name of ["test_signal", "create_signal", "list_signals"]) {
          const { truncated } = await check(`/v1/tools/${name}`, DEFAULTS[name] ?? {});
          assert.equal(truncated, true, name);
        }
      });
    },
    true,
    { toolLimits: FREE, storage, feeds: FEEDS, markets: MARKETS },
  );
});
