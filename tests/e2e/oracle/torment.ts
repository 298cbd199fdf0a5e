/**
 * Torments two connectors and two archivers on a nats-server of its own and leaves what they kept.
 *
 * usage: torment.ts <folder> <seed> <events> <s until midnight>
 * The folder then holds `data/`, `kraken.ledger`, `kalshi.ledger` and `torment.json`.
 */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { demoKey, type Fault, type Simulator, startSimulator } from "@ssmd/simulator";
import { type CrashSymbol, writeRegistry } from "../crash_registry.ts";
import { SeededRandom, Service } from "../crash_service.ts";
import { untilConsumed } from "../crash_bus.ts";
import { type NatsServer, startNatsServer } from "../../servers/nats_server.ts";
import { untilRepaired } from "./repaired.ts";
import { startVenueProxy, type VenueProxy } from "./venue_proxy.ts";

const ENV = "oracle";
const EVENTS_PER_SECOND = 150;
const FEEDS = ["kraken", "kalshi"] as const;
const ARCHIVERS = ["first", "second"] as const;
/** Kalshi has no more trouble from so long before midnight on: its second day lacks nothing. */
const QUIET_MS = 10_000;
const FREEZE_MS = [1_000, 5_000] as const;
/** A lease is lost within 6 s: another archiver may have it when this one goes on. */
const FREEZE_ARCHIVER_MS = [4_000, 12_000] as const;
const AWAY_MS = [100, 1_500] as const;
const REFUSED_MS = [300, 3_000] as const;
const PAUSE_MS = [200, 2_000] as const;
const CALM_MS = 4_000;

const SYMBOLS: readonly CrashSymbol[] = [
  { symbol: "BTCUSD", feed: "kraken", external: "BTC/USD", depth: 10 },
  { symbol: "ETHUSD", feed: "kraken", external: "ETH/USD", depth: 25 },
  { symbol: "SOLUSD", feed: "kraken", external: "SOL/USD", depth: 100 },
  ...["KXSIMBTC-26DEC31-T99999.99", "KXSIMRAIN-26DEC31-NYC", "KXSIMFED-26DEC31-C25"].map((ticker) =>
    ({ symbol: ticker, feed: "kalshi", external: ticker }) as const
  ),
];

type Feed = typeof FEEDS[number];
type Archiver = typeof ARCHIVERS[number];

interface Rig {
  random: SeededRandom;
  nats: NatsServer;
  venues: Record<Feed, Simulator>;
  proxies: Record<Feed, VenueProxy>;
  services: Record<Feed | Archiver, Service>;
}

/** What happens to one of them; resolves when it is over. */
type Event = [name: string, strike: (rig: Rig) => Promise<void>];

async function startRig(dir: string, seed: number): Promise<Rig> {
  const nats = await startNatsServer({ storeDir: `${dir}/nats` });
  const key = await demoKey();
  await writeRegistry(dir, {
    name: ENV,
    symbols: SYMBOLS,
    transport: `{ type: nats, url: "${nats.url}", max_age: 24h }`,
  });
  const venues = { kraken: await venue("kraken"), kalshi: await venue("kalshi") };
  const proxies = {
    kraken: startVenueProxy(venues.kraken.url),
    kalshi: startVenueProxy(venues.kalshi.url),
  };
  const common = ["--env", ENV, "--data", `${dir}/data`, "--metrics-port", "0"];
  const env = {
    SSMD_KEY_KALSHI_KEY_ID: key.keyId,
    SSMD_KEY_KALSHI_PRIVATE_KEY: key.privateKeyPem,
  };
  const connector = (feed: Feed) =>
    new Service({
      ...{ name: feed, cwd: dir, env, ready: `"message":"connected"` },
      args: ["connector/main.ts", ...common, "--feed", feed, "--endpoint", proxies[feed].url],
    });
  const archiver = (name: Archiver) =>
    new Service({
      ...{ name, cwd: dir, ready: `"message":"archiving"` },
      args: ["archiver/main.ts", ...common, "--flush-seconds", "1"],
    });
  const services = {
    ...{ kraken: connector("kraken"), kalshi: connector("kalshi") },
    ...{ first: archiver("first"), second: archiver("second") },
  };
  return { random: new SeededRandom(seed), nats, venues, proxies, services };

  function venue(name: Feed): Promise<Simulator> {
    const symbols = SYMBOLS.filter(({ feed }) => feed === name)
      .map(({ external }) => ({ external }));
    const source = { type: "model", seed, symbols, ratePerSecond: EVENTS_PER_SECOND } as const;
    return startSimulator({ venue: name, source, ledger: `${dir}/${name}.ledger` });
  }
}

function feedEvents(feed: Feed): Event[] {
  const faults: Fault[] = [{ type: "drop" }, { type: "skip", count: 3 }, {
    type: "silent",
    forMs: 1_500,
  }];
  if (feed === "kraken") {
    faults.push({ type: "checksum" }, { type: "skip", kind: "trade", count: 2 });
  }
  return [
    [`kill ${feed}`, ({ services, random }) => killed(services[feed], random)],
    [`stop ${feed}`, async ({ services, random }) => {
      await services[feed].stop();
      await delay(random.between(...AWAY_MS));
      services[feed].start();
    }],
    [
      `freeze ${feed}`,
      ({ services, random }) => services[feed].freeze(random.between(...FREEZE_MS)),
    ],
    [`refuse ${feed}`, async ({ proxies, random }) => {
      proxies[feed].shut();
      await delay(random.between(...REFUSED_MS));
      proxies[feed].open();
    }],
    ...faults.map((fault): Event => [`${fault.type} of ${feed}`, ({ venues }) => {
      venues[feed].fault(fault);
      return Promise.resolve();
    }]),
  ];
}

function archiverEvents(name: Archiver): Event[] {
  return [
    [`kill ${name} archiver`, ({ services, random }) => killed(services[name], random)],
    [
      `freeze ${name} archiver`,
      ({ services, random }) => services[name].freeze(random.between(...FREEZE_ARCHIVER_MS)),
    ],
  ];
}

const BUS_EVENTS: Event[] = [
  ["kill nats", async ({ nats, random }) => {
    await nats.kill();
    await delay(random.between(...AWAY_MS));
    await nats.restart();
  }],
  ["wipe nats", async ({ nats, random }) => {
    await nats.kill();
    await Deno.remove(nats.storeDir, { recursive: true });
    await delay(random.between(...AWAY_MS));
    await nats.restart();
  }],
  ["delete the stream", async ({ nats }) => {
    const connection = await connect({ servers: nats.url });
    const manager = await jetstreamManager(connection);
    // There may be none yet after a wipe.
    await manager.streams.delete(`ssmd-${ENV}`).catch(() => false);
    await connection.close();
  }],
];

async function killed(service: Service, random: SeededRandom): Promise<void> {
  await service.kill();
  await delay(random.between(...AWAY_MS));
  service.start();
}

/** Deals the events as cards: each kind once before any comes again. */
function* deck(random: SeededRandom): Generator<Event> {
  const all = [
    ...FEEDS.flatMap(feedEvents),
    ...ARCHIVERS.flatMap(archiverEvents),
    ...BUS_EVENTS,
  ];
  for (;;) {
    const rest = [...all];
    while (rest.length > 0) {
      const [event] = rest.splice(Math.floor(random.next() * rest.length), 1);
      if (event !== undefined) yield event;
    }
  }
}

async function torment(rig: Rig, events: number, midnightMs: number): Promise<string[]> {
  const struck: string[] = [];
  for (const [name, strike] of deck(rig.random)) {
    if (struck.length === events) break;
    if (name.includes("kalshi") && Date.now() > midnightMs - QUIET_MS) continue;
    await strike(rig);
    console.log(`${new Date().toISOString()} ${name}`);
    struck.push(name);
    // Some strike while others still recover.
    if (rig.random.next() < 0.6) await atWork(rig);
    await delay(rig.random.between(...PAUSE_MS));
  }
  return struck;
}

/** Connectors are connected, and one archiver has the lease. */
async function atWork({ services }: Rig): Promise<void> {
  const { kraken, kalshi, first, second } = services;
  await Promise.all([
    kraken.ready(),
    kalshi.ready(),
    Promise.race([first.ready(), second.ready()]),
  ]);
}

async function end(rig: Rig, dir: string): Promise<void> {
  const { services, nats } = rig;
  const codes: number[] = [];
  for (const feed of FEEDS) codes.push(await services[feed].stop());
  await untilConsumed(nats.url, `ssmd-${ENV}`, "archiver-main");
  await untilRepaired(`${dir}/data`, ENV);
  for (const name of ARCHIVERS) codes.push(await services[name].stop());
  assert.deepEqual(codes, [0, 0, 0, 0], "how connectors and archivers ended");
}

async function close({ services, proxies, venues, nats }: Rig): Promise<void> {
  await Promise.all(Object.values(services).map((service) => service.kill()));
  await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
  await Promise.all(Object.values(venues).map((venue) => venue.close()));
  await nats.stop();
}

const [dir = "", seed = "", events = "", untilMidnight = ""] = Deno.args;
const midnightMs = Date.now() + Number(untilMidnight) * 1000;
const rig = await startRig(dir, Number(seed));
try {
  for (const service of Object.values(rig.services)) service.start();
  await atWork(rig);
  const struck = await torment(rig, Number(events), midnightMs);
  await atWork(rig);
  await delay(Math.max(0, midnightMs - Date.now()) + CALM_MS);
  await end(rig, dir);
  const record = { env: ENV, seed: Number(seed), events: struck };
  await Deno.writeTextFile(`${dir}/torment.json`, JSON.stringify(record, null, 1));
} catch (error) {
  for (const service of Object.values(rig.services)) console.log(service.tail());
  throw error;
} finally {
  await close(rig);
}
