import { frameLine } from "@ssmd/archive/testing/raw_file";
import assert from "node:assert/strict";
import { eventLine } from "@ssmd/archive";
import { decode } from "@ssmd/codec";
import { translateSpan } from "@ssmd/dataset/reprocess";
import { RAW_FEED_ID, RawWriter, tradeText } from "@ssmd/dataset/testing/raw_days";
import type { MarketEvent } from "@ssmd/market";
import { silentLogger, sleep } from "@ssmd/runtime";
import { memoryStorage } from "@ssmd/storage";
import { memoryTransport } from "@ssmd/transport";
import { messageOf, optionsOf } from "../_fixtures.ts";
import { createArchiver } from "../mod.ts";
import { Repairer } from "./repairer.ts";

const START_US = Date.parse("2026-08-01T10:00:00Z") * 1000;
const END_US = START_US + 10_000_000;

Deno.test("records of two connections that say the same at once are repaired each by its own", async () => {
  const storage = memoryStorage();
  const symbols: readonly (readonly [string, string])[] = [
    ["ETHUSD", "ETH/USD"],
    ["BTCUSD", "BTC/USD"],
  ];
  for (const [i, [symbol, external]] of symbols.entries()) {
    // Both break, and come back, in the same moments.
    await new RawWriter(storage, "m1abc", i + 1, { [symbol]: external }).file([
      eventLine(START_US, "connect", "first"),
      eventLine(START_US + 1_000_000, "disconnect", "the venue went"),
      eventLine(START_US + 2_000_000, "connect", "again"),
      frameLine(START_US + 3_000_000, tradeText(external, 7)),
      frameLine(END_US, tradeText(external, 8)),
    ]);
  }
  const events: MarketEvent[] = [];
  const span = { ...RAW_FEED_ID, fromUs: 0, toUs: END_US };
  await translateSpan(storage, span, { onEvent: (event) => events.push(event) });
  const breaks = events.filter(({ type, symbol }) => type === "gap" && symbol === "_all");
  const missing = breaks.filter(({ connection }) => connection === 2);
  assert.equal(missing.length, 2);
  const times = breaks.map(({ sequence, receivedAtUs }) => `${sequence} ${receivedAtUs}`);
  assert.equal(new Set(times).size, 2);

  const transport = memoryTransport();
  const archiver = createArchiver({ ...optionsOf(transport, storage), clock: () => END_US });
  await archiver.start();
  const publisher = transport.publisher();
  for (const [i, event] of events.filter((event) => !missing.includes(event)).entries()) {
    publisher.publish({ ...messageOf(event), id: `m1abc-${i + 1}-0` });
  }
  await publisher.flush();
  await archiver.flush();

  const inserted: MarketEvent[] = [];
  const ended = Promise.withResolvers<number>();
  const repairer = new Repairer({
    store: () => ({ storage, token: undefined, shard: "" }),
    logger: silentLogger,
    lastUsOf: () => END_US,
    archiveAll: () => sleep(0),
    openDay: () => Promise.resolve(),
    insert: ({ type }, payload) => void inserted.push(decode(type, payload)),
    onRepaired: (_, { records }) => ended.resolve(records),
    nowUs: () => END_US,
  });
  const gap = { ...RAW_FEED_ID, fromUs: START_US, toUs: END_US, atUs: END_US };
  repairer.add({ ...gap, shard: "", missed: null, detail: "" });
  assert.equal(await ended.promise, missing.length);
  assert.deepEqual(inserted, missing);
  await repairer.close();
  await archiver.close();
  await transport.close();
});
