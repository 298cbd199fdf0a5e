import assert from "node:assert/strict";
import { fireSubject } from "@ssmd/market";
import { Encoder } from "@ssmd/codec";
import { memoryStorage } from "@ssmd/storage";
import { TestArchive } from "../history/testing/archived.ts";
import {
  ENTITLED,
  HIDDEN_FEED,
  HIDDEN_SYMBOL,
  withGuardedGateway,
} from "../access/testing/guarded_gateway.ts";
import { withGateway } from "../testing/gateway_rig.ts";
import { answerAsSignals } from "../testing/signals_service.ts";
import { SIGNAL } from "./schemas/signal_examples.ts";
import type { Fire } from "@ssmd/market";

const NOW_US = Date.now() * 1000;

function fireOf(i: number, symbol = "BTCUSD"): Fire {
  return {
    ...{ type: "fire", timestampUs: 0, receivedAtUs: NOW_US - 60_000_000 + i * 1000, symbol },
    ...{ feed: "kraken", sequence: i + 1, run: 1, connection: 1, signal: "spread_widens" },
    ...{ id: i.toString(16).padStart(32, "0"), version: 1, sourceHash: "a".repeat(64) },
    ...{ paramsHash: "b".repeat(64), causeSequence: i + 1, engine: "1" },
    ...{ causeReceivedAtUs: NOW_US, values: `{"i":${i}}` },
  };
}

Deno.test("signals are listed, switched by administrators, and away with a hint where none run", () =>
  withGateway(async ({ get, gateway, transport }) => {
    const away = await get("/v1/signals");
    assert.deepEqual([away.status, away.body["code"]], [503, "SIGNALS_AWAY"]);
    const requested = await answerAsSignals(transport, [SIGNAL]);
    assert.deepEqual((await get("/v1/signals")).body["signals"], [SIGNAL]);
    assert.deepEqual((await get("/v1/signals/spread_widens")).body, SIGNAL);
    const { status, body } = await get("/v1/signals/spread_widen");
    assert.deepEqual([status, body["code"]], [404, "SIGNAL_UNKNOWN"]);
    assert.match(String(body["hint"]), /spread_widens/);
    const post = async (path: string) => {
      const response = await fetch(`${gateway.url}/v1/admin/signals/${path}`, { method: "POST" });
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await post("spread_widens/disable"), 200);
    assert.equal(await post("spread_widen/enable"), 404);
    assert.equal(await post("deploy"), 200);
    assert.deepEqual(requested.filter(({ action }) => action !== "list"), [
      { action: "disable", id: "spread_widens" },
      { action: "enable", id: "spread_widen" },
      { action: "deploy" },
    ]);
  }));

Deno.test("signals tell nothing of markets that their reader may not see", () =>
  withGuardedGateway(async ({ gateway, key, transport }) => {
    const both = { feeds: ["kraken", HIDDEN_FEED], symbols: ["BTCUSD", "BTC*", "Q*"] };
    await answerAsSignals(transport, [
      { ...SIGNAL, ...both },
      { ...SIGNAL, id: "hidden", feeds: ["kraken"], symbols: [HIDDEN_SYMBOL] },
      { ...SIGNAL, id: "other", feeds: [HIDDEN_FEED], symbols: ["BTC*"] },
      { ...SIGNAL, id: "broken", feeds: [], symbols: [] },
    ]);
    const reader = (text: string) => {
      const headers = { authorization: `Bearer ${text}` };
      return async (path: string) => {
        const response = await fetch(gateway.url + path, { headers });
        return { status: response.status, body: await response.json() };
      };
    };
    const limited = reader(await key("desk", {}, ENTITLED));
    const figures = { fires: null, errors: null, last_fire: null };
    const seen = { ...SIGNAL, ...figures, feeds: ["kraken"], symbols: ["BTCUSD", "BTC*"] };
    const broken = { ...SIGNAL, id: "broken", feeds: [], symbols: [] };
    assert.deepEqual((await limited("/v1/signals")).body.signals, [seen, broken]);
    assert.deepEqual((await limited(`/v1/signals/${SIGNAL.id}`)).body, seen);
    const { status, body } = await limited("/v1/signals/hidden");
    assert.deepEqual([status, body.code], [404, "SIGNAL_UNKNOWN"]);
    assert.ok(!JSON.stringify(await limited("/v1/signals/hiddem")).includes('"hidden"'));
    const boss = reader(await key("boss", { role: "admin" }, ENTITLED));
    assert.equal((await boss("/v1/signals")).body.signals.length, 4);
  }));

Deno.test("fires of archive and memory are one list, the newest first, page by page", async () => {
  const storage = memoryStorage();
  const archive = new TestArchive(storage, "test", "kraken");
  const archived = Array.from({ length: 30 }, (_, i) => fireOf(i));
  await archive.write(archived);
  await withGateway(
    async ({ get, transport, client }) => {
      const stream = await client("?symbols=BTCUSD&types=fire");
      const publisher = transport.publisher();
      const encoder = new Encoder();
      // The last ten of the archive are in memory, too.
      for (let i = 20; i < 40; i++) {
        const fire = fireOf(i);
        const payload = encoder.encode(fire);
        publisher.publish({ subject: fireSubject("test", fire.signal), payload, id: fire.id });
      }
      const got: number[] = [];
      let cursor = "";
      for (;;) {
        const { body } = await get(`/v1/signals/spread_widens/fires?limit=7${cursor}`);
        got.push(...(body["fires"] as { values: { i: number } }[]).map(({ values }) => values.i));
        if (body["next"] === undefined) break;
        cursor = `&cursor=${body["next"]}`;
      }
      assert.deepEqual(got, Array.from({ length: 40 }, (_, i) => 39 - i));
      const other = await get("/v1/signals/spread_widens/fires?symbol=ETHUSD");
      assert.deepEqual(other.body["fires"], []);
      await stream.when(() => stream.of("fire").length === 20);
    },
    true,
    { storage },
  );
});

Deno.test("fires that a damaged archive lacks are not passed over in silence", async () => {
  const storage = memoryStorage();
  await new TestArchive(storage, "test", "kraken").write([fireOf(0), fireOf(1)]);
  for await (const { key } of storage.list("normalized/")) {
    if (key.includes("/fire/")) await storage.put(key, new Uint8Array([1, 2, 3]));
  }
  await withGateway(
    async ({ get }) => {
      const { body } = await get("/v1/signals/spread_widens/fires");
      const gaps = body["gaps"] as { feed: string; reason: string }[];
      assert.deepEqual(gaps.map(({ feed, reason }) => [feed, reason]), [
        ["kraken", "archive_damaged"],
      ]);
      assert.match(String(body["_hints"]), /file of the archive is damaged/);
    },
    true,
    { storage },
  );
});

Deno.test("a page without fires says whether there is such a signal", () =>
  withGuardedGateway(async ({ gateway, key, transport }) => {
    await answerAsSignals(transport, [
      { ...SIGNAL, feeds: ["kraken"], symbols: ["BTC*"] },
      { ...SIGNAL, id: "hidden", feeds: ["kraken"], symbols: [HIDDEN_SYMBOL] },
    ]);
    const headers = { authorization: `Bearer ${await key("desk", {}, ENTITLED)}` };
    const hintsOf = async (id: string, query = "") => {
      const response = await fetch(`${gateway.url}/v1/signals/${id}/fires${query}`, { headers });
      return (await response.json())._hints.join(" ");
    };
    assert.match(await hintsOf(SIGNAL.id), /^It did not fire in this span/);
    assert.match(await hintsOf("spread_widen"), /no signal "spread_widen".*mean "spread_widens"/);
    assert.match(await hintsOf(SIGNAL.id, "?symbol=BTCUSD"), /^It did not fire in this span/);
    const misspelt = await hintsOf(SIGNAL.id, "?symbol=BTCUSDT");
    assert.match(misspelt, /^There is no market "BTCUSDT" now. .*"BTCUSD"/);
    assert.match(await hintsOf(SIGNAL.id, `?symbol=${HIDDEN_SYMBOL}`), /^There is no market/);
    assert.equal(await hintsOf("hidden"), (await hintsOf("absent")).replace("absent", "hidden"));
  }));
