import assert from "node:assert/strict";
import { memoryCache } from "@ssmd/cache";
import { type Connector, followFeed } from "@ssmd/connector";
import { VENUES } from "@ssmd/exchanges";
import { ENVIRONMENT_FILE } from "@ssmd/metadata";
import { Health, silentLogger } from "@ssmd/runtime";
import { answerRest } from "@ssmd/simulator/kalshi_rest";
import type { Transport } from "@ssmd/transport";
import { Store } from "../page/src/state/store.ts";
import { withGateway } from "../testing/gateway_rig.ts";
import type { StreamClient } from "../testing/stream_client.ts";

const TICKER = "KXR-26DEC31-A";
const CREATED = "2026-11-01T00:00:00Z";

/** The life of a market as REST tells it, by its words and by those of records. */
const LIFE = [
  { status: "active", result: "", state: "open" },
  { status: "determined", result: "yes", state: "closed" },
  { status: "disputed", result: "yes", state: "disputed" },
  { status: "amended", result: "no", state: "amended" },
  { status: "finalized", result: "no", state: "settled" },
];

const environment = ENVIRONMENT_FILE.parse({
  ...{ name: "test", feeds: ["kalshi"], schema: "v1", symbols: {} },
  select: [{ feed: "kalshi", series: "KXR" }],
  ...{ transport: { type: "memory" }, storage: { type: "memory" } },
});

/** A REST whose one market is what `market` says. */
function serveRest(market: () => { status: string; result: string }) {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { pathname, searchParams } = new URL(request.url);
    const { status, result } = market();
    const markets = [{
      ...{ ticker: TICKER, event_ticker: "KXR-26DEC31", title: "Up?", status, result },
      ...{ created_time: CREATED, updated_time: CREATED, close_time: "2026-12-31T00:00:00Z" },
    }];
    const { body } = answerRest({ series: [], markets }, pathname, searchParams);
    return new Response(body);
  });
}

/** Asks the venue's REST once: the connection tells nothing of a market's life. */
async function ask(transport: Transport, rest: string): Promise<{ close(): Promise<void> }> {
  const { kalshi: venue } = VENUES;
  assert.ok(venue);
  const readEnvironment = () => Promise.resolve(environment);
  const connector = { hearNews() {}, changeSymbols: () => Promise.resolve() };
  return await followFeed(connector as unknown as Connector, {
    ...{
      environment,
      readEnvironment,
      feed: "kalshi",
      venue,
      rest,
      bus: transport,
      logger: silentLogger,
    },
    ...{ instruments: new Map(), health: new Health({}).component("connector") },
  });
}

/** The page's state of the market, after all that a client got. */
function pageRow(client: StreamClient) {
  const store = new Store();
  for (const message of client.messages) if (message.type === "status") store.take(message);
  return store.find(TICKER, "kalshi");
}

Deno.test("a life that only REST tells is the same in journal, cache, REST, stream and page", () => {
  const cache = memoryCache();
  const market = { symbol: TICKER, feed: "kalshi", external: TICKER };
  return withGateway(
    async ({ get, transport, client }) => {
      let step = LIFE[0] ?? { status: "", result: "", state: "" };
      const rest = serveRest(() => step);
      const journal: { state: string; result?: string }[] = [];
      await transport.subscribe(["test.secmaster.changes"], ({ payload }) => {
        const { id, version } = JSON.parse(new TextDecoder().decode(payload));
        if (id === TICKER) journal.push(version);
      });
      const reader = await client();
      reader.send({ action: "subscribe", symbols: [TICKER] });
      await reader.next("subscribed");
      for (step of LIFE) {
        const asking = await ask(transport, `http://127.0.0.1:${rest.addr.port}`);
        await reader.when(() => pageRow(reader)?.state === step.state);
        await asking.close();
        const { body } = await get(`/v1/markets/${TICKER}`);
        assert.equal(body["state"], step.state);
        assert.equal(body["result"] ?? "", step.result);
        const { body: shown } = await get(`/v1/secmaster/instruments/${TICKER}`);
        const version = shown["version"] as { state: string; result?: string };
        assert.deepEqual(journal.at(-1), version);
        assert.equal(version.result ?? "", step.result);
        const cached = async () =>
          JSON.parse(await cache.hashGet("secmaster:instruments", TICKER) ?? "{}");
        while ((await cached()).versions?.at(-1)?.state !== version.state) {
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
      assert.equal(journal.length, LIFE.length, "each step once");
      assert.deepEqual(
        reader.of("status").map(({ state }) => state),
        LIFE.map(({ state }) => state),
      );
      await rest.shutdown();
    },
    true,
    { cache, environment, feeds: ["kalshi"], markets: [market] },
  );
});
