import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { INSTRUMENT_FILE } from "@ssmd/metadata";
import type { Status } from "@ssmd/market";
import { krakenCatalogue } from "./catalogue.ts";
import { feed } from "../_normalizer_fixtures.ts";
import { instrumentFrame, krakenNormalizer } from "./test_frames.ts";

const CAPTURES = Deno.env.get("SSMD_CAPTURES") ??
  new URL("../../../shared/captures", import.meta.url).pathname;
const FILE = `${CAPTURES}/rest/kraken-assetpairs-2026-01.json.gz`;
const REQUEST = { feed: "kraken", known: "2026-11-28T00:00:00Z" };

Deno.test("all recorded pairs are instruments, named as the WebSocket names them", {
  ignore: !existsSync(FILE),
}, async () => {
  const answer = JSON.parse(gunzipSync(readFileSync(FILE)).toString());
  const pairs = Object.keys(answer.result ?? answer).length;
  const ask = () => Promise.resolve("result" in answer ? answer : { error: [], result: answer });
  const [page = []] = await Array.fromAsync(krakenCatalogue.instruments(ask, REQUEST));
  assert.equal(page.length, pairs);
  for (const instrument of page) INSTRUMENT_FILE.parse(instrument);
  const btc = page.find(({ id }) => id === "BTCUSD");
  const { venue: _, ...version } = btc?.versions[0] ?? {};
  assert.deepEqual(version, {
    ...{ effective: REQUEST.known, known: REQUEST.known, state: "open", base: "BTC", quote: "USD" },
    price_grid: [{ from: "0", to: "999999999999999", step: "0.1" }],
    ...{ size_step: "0.00000001", size_min: "0.00005" },
    fees: { type: "percent", maker: "0.25", taker: "0.4" },
  });
  assert.equal(btc?.mappings[0]?.external, "BTC/USD");
  assert.ok(
    page.every(({ mappings }) => !/^XBT\/|^XDG\/|\/XBT$/.test(mappings[0]?.external ?? "")),
  );
});

Deno.test("a pair's state in the catalogue, its news and its status records is one", async () => {
  const statuses = [
    ...["online", "cancel_only", "limit_only", "maintenance", "post_only", "reduce_only"],
    ...["work_in_progress", "delisted", "a status of tomorrow"],
  ];
  const states = await Promise.all(statuses.map(async (status) => {
    const answer = { result: { XXBTZUSD: { wsname: "XBT/USD", status } } };
    const ask = () => Promise.resolve(answer);
    const [[given] = []] = await Array.fromAsync(krakenCatalogue.instruments(ask, REQUEST));
    const news = krakenCatalogue.news?.({ symbol: "BTC/USD", status }, given, {
      ...REQUEST,
      idsByExternal: new Map(),
    });
    const { events } = feed(
      krakenNormalizer([{ symbol: "BTCUSD", external: "BTC/USD" }]),
      instrumentFrame(status),
    );
    const [record] = events as Status[];
    return [given?.versions[0]?.state, news?.versions[0]?.state, record?.state];
  }));
  const halted = ["halted", "halted", "halted"];
  assert.deepEqual(states, [
    ["open", "open", "open"],
    ...Array.from({ length: 6 }, () => halted),
    ["delisted", "delisted", "delisted"],
    // An instrument has no state for "unknown".
    ["halted", "halted", "unknown"],
  ]);
});

Deno.test("pairs of tokenized assets are asked for on request", async () => {
  const pair = (wsname: string) => ({ wsname, tick_size: "0.01", status: "online" });
  const answers: Record<string, unknown> = {
    "/AssetPairs": { result: { XXBTZUSD: pair("XBT/USD") } },
    "/AssetPairs?aclass_base=tokenized_asset": { result: { AAPLxUSD: pair("AAPLx/USD") } },
  };
  const externals = async (tokenized: boolean) => {
    const ask = (path: string) => Promise.resolve(answers[path]);
    const pages = await Array.fromAsync(
      krakenCatalogue.instruments(ask, { ...REQUEST, tokenized }),
    );
    return pages.flat().map(({ id, mappings }) => [id, mappings[0]?.external]);
  };
  assert.deepEqual(await externals(false), [["BTCUSD", "BTC/USD"]]);
  assert.deepEqual(await externals(true), [["BTCUSD", "BTC/USD"], ["AAPLxUSD", "AAPLx/USD"]]);
});
