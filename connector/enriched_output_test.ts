import assert from "node:assert/strict";
import { EnrichedMarket } from "@ssmd/enrich";
import type { MarketEvent } from "@ssmd/market";
import { type Enrichment, enrichmentOf } from "@ssmd/metadata";
import type { OutMessage, Publisher } from "@ssmd/transport";
import { EnrichedOutput } from "./enriched_output.ts";
import { ConnectorRig, ENV } from "./testing/connector_rig.ts";
import { send } from "./testing/fake_exchange.ts";

const SYMBOLS = { A: { feed: "fake", external: "A" } };

function enrichment(): Enrichment {
  const enrich = [{ name: "a", type: "calculation" as const, values: { twice: "2 * last" } }];
  const found = enrichmentOf({ enrich, symbols: SYMBOLS }, []);
  assert.ok(found);
  return found;
}

/** What a connector with and without enrichers put on the bus for three trades. */
async function published(enriched: Enrichment | undefined) {
  const rig = new ConnectorRig({ enrichment: enriched });
  const rows: { subject: string; row: Record<string, unknown> }[] = [];
  await rig.transport.subscribe([`${ENV}.*.enriched.>`], ({ subject, payload }) => {
    rows.push({ subject, row: JSON.parse(new TextDecoder().decode(payload)) });
  });
  const connector = await rig.start();
  const client = await rig.exchange.client(({ received }) => received.length > 0);
  for (let id = 1; id <= 3; id++) send(client, { trade: "A", id });
  await rig.until((events) => events.length === 3);
  await connector.close();
  await rig.close();
  const records = rig.events.map((event, i) => ({
    ...{ ...event, receivedAtUs: 0, run: 0 },
    id: rig.ids[i]?.replace(/^[^-]*/, ""),
  }));
  return { records, rows };
}

Deno.test("enriched rows go beside records, which stay what they are; off, no code of it runs", async () => {
  const { take } = EnrichedMarket.prototype;
  let taken = 0;
  EnrichedMarket.prototype.take = function (event) {
    taken++;
    take.call(this, event);
  };
  try {
    const off = await published(undefined);
    assert.equal(taken, 0);
    assert.deepEqual(off.rows, []);
    const chain = enrichment();
    const on = await published(chain);
    assert.equal(taken, 3);
    assert.deepEqual(on.records, off.records);
    assert.ok(on.rows.length > 0);
    const { subject, row } = on.rows[0] ?? {};
    assert.equal(subject, `${ENV}.fake.enriched.A`);
    assert.equal(row?.["chain"], chain.chain.version);
    assert.equal(typeof row?.["twice"], "number");
  } finally {
    EnrichedMarket.prototype.take = take;
  }
});

Deno.test("while the bus takes nothing the newest row of each market waits, and is told then", async () => {
  const sent: OutMessage[] = [];
  const room = Promise.withResolvers<void>();
  const publisher = {
    full: true,
    ready: () => room.promise,
    publish: (message: OutMessage) => sent.push(message),
    close: () => Promise.resolve(),
  };
  const output = new EnrichedOutput({
    ...{ env: "test", feed: "fake", run: "r", enrichment: enrichment() },
    publisher: publisher as unknown as Publisher,
  });
  for (let price = 1; price <= 100; price++) {
    for (const symbol of ["A", "B"]) {
      const base = { feed: "fake", symbol, timestampUs: 0, sequence: price };
      const trade = { type: "trade", price, size: 1, side: "buy", tradeId: "" };
      output.take({ ...base, ...trade, receivedAtUs: 1e15 + price } as MarketEvent);
    }
  }
  assert.deepEqual(sent, []);
  publisher.full = false;
  room.resolve();
  await room.promise;
  await Promise.resolve();
  const rows = sent.map(({ payload }) => JSON.parse(new TextDecoder().decode(payload)));
  assert.deepEqual(rows.map(({ symbol, twice }) => [symbol, twice]), [["A", 200], ["B", 200]]);
  await output.close();
});
