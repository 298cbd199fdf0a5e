import assert from "node:assert/strict";
import { Encoder, encodeWatermark } from "@ssmd/codec";
import { type MarketEvent, subjectOf, watermarkSubject } from "@ssmd/market";
import { openTransport, type Transport } from "@ssmd/transport";
import { natsServerAvailable, startNatsServer } from "../../tests/servers/nats_server.ts";
import { marketWalk } from "../check/market_walk.ts";
import { compareMerged } from "../engine/watermark_merge.ts";
import { archiveOf } from "../testing/archived.ts";
import { textSignal } from "../testing/hosted.ts";
import { backtest, type BacktestResult } from "./backtest.ts";
import { BusHistory } from "./bus_records.ts";
import { archivedRecords, type RecordSource } from "./merged_records.ts";

const ENV = "test";
const encoder = new Encoder();
const KALSHI = marketWalk({ count: 3000, seed: 31 });
const KRAKEN = marketWalk({ count: 3000, seed: 32, feed: "kraken", symbols: ["KXSPOT"] });
const SIGNAL = await textSignal(
  "two",
  `import { orderbook, priceHistory, signal } from "@ssmd/signal";
  export default signal({
    title: "t", version: 1, on: { feeds: ["kalshi"], symbols: ["KX*"] },
    state: {
      book: orderbook(),
      spot: priceHistory({ window: "2s", of: { feed: "kraken", symbol: "KXSPOT" } }),
    },
    when: ({ book, spot }) => book.mid > spot.last,
    every: "500ms",
    fire: ({ book, spot }) => ({ mid: book.mid, spot: spot.last }),
  });`,
);

/** Of two connections side by side, the second some records behind; some come twice. */
function asConnectors(records: readonly MarketEvent[]): MarketEvent[] {
  const order = records.map((event, i) => {
    const connection = 1 + i % 2;
    return { event: { ...event, connection, sequence: i + 1 }, place: i + (connection - 1) * 15 };
  });
  const published = order.sort((a, b) => a.place - b.place).map(({ event }) => event);
  return published.flatMap((event, i) => i % 100 === 0 ? [event, event] : [event]);
}

/** Publishes a feed with a watermark now and then, behind all records that it is about. */
async function publish(transport: Transport, records: readonly MarketEvent[]): Promise<void> {
  const publisher = transport.publisher();
  const published = asConnectors(records);
  for (const [i, event] of published.entries()) {
    const { feed, type, symbol } = event;
    const payload = encoder.encode(event).slice();
    publisher.publish({ subject: subjectOf(ENV, feed, type, symbol), payload, id: "" });
    if (i % 40 !== 39) continue;
    const timeUs = Math.min(...published.slice(i + 1).map(({ receivedAtUs }) => receivedAtUs));
    if (timeUs === Infinity) continue;
    const mark = encodeWatermark({ feed, timeUs });
    publisher.publish({ subject: watermarkSubject(ENV, feed), payload: mark, id: "" });
  }
  await publisher.flush();
  await publisher.close();
}

const plain = ({ sha256, records, firstUs, lastUs, instances, outcomes }: BacktestResult) => ({
  ...{ sha256, records, firstUs, lastUs, instances, outcomes },
});

Deno.test({
  name: "a backtest over the bus is that over the archive: fires, counts, spans and symbols",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const server = await startNatsServer();
    const transport = await openTransport({ type: "nats", url: server.url }, { env: ENV });
    try {
      await publish(transport, KALSHI);
      await publish(transport, KRAKEN);
      const archived = [KALSHI, KRAKEN].map((records) =>
        new Map(asConnectors(records).map((each) => [each.sequence, each])).values().toArray()
      );
      const archive = archivedRecords(await archiveOf(archived.flat().sort(compareMerged)));
      const bus = await BusHistory.open(transport);
      assert.equal(bus.isCut, false);
      const span = {
        fromUs: KALSHI[1000]?.receivedAtUs ?? 0,
        toUs: KALSHI[2500]?.receivedAtUs ?? 0,
        symbols: ["KXA"],
      };
      const run = (records: RecordSource, narrowed: object) =>
        backtest({ records, env: ENV, signal: SIGNAL, ...narrowed });
      const whole = await run(bus.records, {});
      assert.ok(whole.fires.length > 20, `${whole.fires.length} fires`);
      assert.deepEqual(plain(whole), plain(await run(archive, {})));
      assert.deepEqual(
        bus.days.map(({ feed, records }) => [feed, records]),
        [["kalshi", KALSHI.length], ["kraken", KRAKEN.length]],
      );
      const part = await run(bus.records, span);
      assert.ok(part.fires.length > 3, `${part.fires.length} fires`);
      assert.deepEqual(plain(part), plain(await run(archive, span)));
    } finally {
      await transport.close();
      await server.stop();
    }
  },
});

Deno.test({
  name: "a bus that drops what a backtest has not read yet ends it, and leaves no hole",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const server = await startNatsServer();
    const stream = { maxBytes: 400_000 };
    const transport = await openTransport({ type: "nats", url: server.url, stream }, { env: ENV });
    try {
      await publish(transport, KALSHI.slice(0, 1200));
      const { records } = await BusHistory.open(transport);
      const read = async (onFirst: () => Promise<void>) => {
        const found: MarketEvent[] = [];
        let isFirst = true;
        for await (const batch of records({ env: ENV, feeds: ["kalshi"] })) {
          found.push(...batch);
          if (isFirst) await onFirst();
          isFirst = false;
        }
        return found.length;
      };
      assert.equal(await read(() => Promise.resolve()), 1200);
      const crowd = () => publish(transport, KRAKEN);
      await assert.rejects(read(crowd), { code: "BUS_OVERTAKEN" });
    } finally {
      await transport.close();
      await server.stop();
    }
  },
});
