import assert from "node:assert/strict";
import { VENUES } from "@ssmd/exchanges";
import { type Environment, ENVIRONMENT_FILE, loadInstruments } from "@ssmd/metadata";
import { Backoff, Health, readinessReport, silentLogger, sleep, withMembers } from "@ssmd/runtime";
import { memoryTransport, type Transport } from "@ssmd/transport";
import type { Connector } from "./connector.ts";
import { followFeed } from "./follow_symbols.ts";

const instruments = await loadInstruments();
const environment: Environment = ENVIRONMENT_FILE.parse({
  ...{ name: "test", feeds: ["kraken"], schema: "v1", symbols: {} },
  select: [{ feed: "kraken", quote: "USD" }],
  ...{ transport: { type: "memory" }, storage: { type: "memory" } },
});
const readEnvironment = () => Promise.resolve(environment);

/** A bus that refuses its key-value stores a few times. */
function refusing(times: number): { bus: Transport; refused: () => number } {
  const bus = memoryTransport();
  let refused = 0;
  const keyValue = (name: string) => {
    if (refused === times) return bus.keyValue(name);
    refused++;
    return Promise.reject(new Error("The bus is away"));
  };
  return { bus: withMembers(bus, { keyValue }), refused: () => refused };
}

Deno.test("a bus that is away at the start is asked again, and the markets of a rule come", async () => {
  const { bus, refused } = refusing(3);
  const health = new Health();
  const wanted: string[][] = [];
  const connector = {
    hearNews: () => {},
    changeSymbols: (specs: readonly { symbol: string }[]) => {
      wanted.push(specs.map(({ symbol }) => symbol).toSorted());
      return Promise.resolve({ added: specs.length, takenOff: 0 });
    },
  } as unknown as Connector;
  const venue = VENUES["kraken"];
  assert.ok(venue);
  const following = await followFeed(connector, {
    ...{ environment, readEnvironment, feed: "kraken", venue, bus, instruments },
    ...{ logger: silentLogger, health: health.component("connector", "kraken") },
    pauses: new Backoff({ firstMs: 5 }),
  });
  assert.match(readinessReport(health).reasons.join(), /markets are not followed: The bus is away/);
  while (wanted.length === 0) await sleep(5);
  assert.deepEqual(wanted, [["BTCUSD", "ETHUSD", "SOLUSD"]]);
  assert.equal(refused(), 3);
  assert.deepEqual(readinessReport(health).reasons, []);
  await following.close();
  await bus.close();
});

Deno.test("who ends before the bus is there asks no more", async () => {
  const { bus, refused } = refusing(Infinity);
  const venue = VENUES["kraken"];
  assert.ok(venue);
  const following = await followFeed({ hearNews: () => {} } as unknown as Connector, {
    ...{ environment, readEnvironment, feed: "kraken", venue, bus, instruments },
    ...{ logger: silentLogger, health: new Health().component("connector", "kraken") },
    pauses: new Backoff({ firstMs: 1 }),
  });
  await following.close();
  const asked = refused();
  await sleep(20);
  assert.equal(refused(), asked);
  await bus.close();
});
