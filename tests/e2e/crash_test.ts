import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { endProcess } from "@ssmd/runtime";
import { demoKey, type Simulator, startSimulator } from "@ssmd/simulator";
import { type NatsServer, natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { assertArchive } from "./crash_archive.ts";
import { untilConsumed } from "./crash_bus.ts";
import { assertRawAgainstLedger } from "./crash_raw.ts";
import { CRASH_SYMBOLS_AND_TOKENS, writeRegistry } from "./crash_registry.ts";
import { SeededRandom, Service } from "./crash_service.ts";

const VENUES = ["kraken", "kalshi", "polymarket"] as const;
type VenueName = typeof VENUES[number];
/** Rounds of kill -9 by component: 54 together, and those of the sealing beside them. */
const ROUNDS = { kraken: 6, kalshi: 5, polymarket: 5, archiver: 30, gateway: 3, nats: 5 } as const;
/** Longest life between two kills, from when it is at work. */
const LIFE_MS_MAX = {
  ...{ kraken: 6_000, kalshi: 7_000, polymarket: 7_000 },
  ...{ archiver: 2_000, gateway: 9_000, nats: 12_000 },
};
/** Longest life of a sealing of the day that is being written, from its very start. */
const SEALING_MS_MAX = 6_000;
const STOPPED_IN_ROUND = 2;
const FRAMES_PER_SECOND = 600;
const ENV = "crash";
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

interface Rig {
  dir: string;
  random: SeededRandom;
  nats: NatsServer;
  simulators: Record<VenueName, Simulator>;
  services: Record<VenueName | "archiver" | "gateway", Service>;
  kills: Map<string, number>;
  closed: boolean;
}

async function startRig(dir: string, seed: number): Promise<Rig> {
  const nats = await startNatsServer();
  await writeRegistry(dir, {
    name: ENV,
    symbols: CRASH_SYMBOLS_AND_TOKENS,
    transport: `{ type: nats, url: "${nats.url}", max_age: 24h }`,
  });
  const key = await demoKey();
  const env = {
    SSMD_KEY_KALSHI_KEY_ID: key.keyId,
    SSMD_KEY_KALSHI_PRIVATE_KEY: key.privateKeyPem,
  };
  const simulators = {
    kraken: await startVenue("kraken", dir, seed),
    kalshi: await startVenue("kalshi", dir, seed),
    polymarket: await startVenue("polymarket", dir, seed),
  };
  const data = ["--env", ENV, "--data", `${dir}/data`];
  const service = (name: string, ready: string, ...args: string[]) =>
    new Service({ name, args, cwd: dir, env, ready });
  const connector = (feed: VenueName) =>
    service(
      feed,
      `"message":"connected"`,
      ...["connector/main.ts", ...data, "--metrics-port", "0"],
      ...["--feed", feed, "--endpoint", simulators[feed].url],
    );
  const archiver = ["archiver/main.ts", ...data, "--metrics-port", "0", "--flush-seconds", "1"];
  const services = {
    kraken: connector("kraken"),
    kalshi: connector("kalshi"),
    polymarket: connector("polymarket"),
    archiver: service("archiver", `"message":"archiving"`, ...archiver),
    gateway: service(
      "gateway",
      `"message":"serving"`,
      "gateway/main.ts",
      "--env",
      ENV,
      "--port",
      "0",
    ),
  };
  return {
    dir,
    random: new SeededRandom(seed),
    nats,
    simulators,
    services,
    kills: new Map(),
    closed: false,
  };
}

function startVenue(venue: VenueName, dir: string, seed: number): Promise<Simulator> {
  const symbols = CRASH_SYMBOLS_AND_TOKENS.filter(({ feed }) => feed === venue)
    .map(({ external }) => ({ external }));
  return startSimulator({
    venue,
    source: { type: "model", seed, symbols, ratePerSecond: FRAMES_PER_SECOND },
    ledger: `${dir}/${venue}.ledger`,
  });
}

/** One component's rounds: live a while, die, stay away for a moment, come back. */
async function torment(rig: Rig, name: keyof typeof ROUNDS): Promise<void> {
  const random = new SeededRandom(rig.random.next() * 2 ** 32);
  for (let round = 0; round < ROUNDS[name]; round++) {
    // Most die at work, some on their way there.
    if (name !== "nats" && random.next() < 0.7) await rig.services[name].ready();
    await delay(random.between(100, LIFE_MS_MAX[name]));
    if (name === "nats") {
      await rig.nats.kill();
      await delay(random.between(0, 1_500));
      await rig.nats.restart();
    } else {
      await rig.services[name].kill();
      await delay(random.between(0, 1_500));
      rig.services[name].start();
    }
    rig.kills.set(name, (rig.kills.get(name) ?? 0) + 1);
    // Whoever is stopped properly leaves a gap as well.
    const venue = VENUES.find((each) => each === name);
    if (round === STOPPED_IN_ROUND && venue !== undefined) {
      await delay(random.between(0, 3_000));
      await rig.services[venue].stop();
      rig.services[venue].start();
    }
  }
}

/** Seals the day beside its archiver, again and again; some are killed, some end. */
async function sealing(rig: Rig, until: Promise<unknown>): Promise<void> {
  const random = new SeededRandom(rig.random.next() * 2 ** 32);
  let over = false;
  until.finally(() => over = true);
  while (!over) {
    const child = sealer(rig.dir);
    const lifeOver = new AbortController();
    const life = delay(random.between(300, SEALING_MS_MAX), "killed" as const, {
      signal: lifeOver.signal,
    }).catch(() => "over" as const);
    if (await Promise.race([life, child.status]) === "killed") endProcess(child);
    lifeOver.abort();
    const { success } = await child.status;
    const name = success ? "seal, whole" : "seal";
    rig.kills.set(name, (rig.kills.get(name) ?? 0) + 1);
    await delay(random.between(0, 500));
  }
}

function sealer(dir: string): Deno.ChildProcess {
  const run = ["run", "-q", "-A", "--no-check", "--frozen", "--config", `${ROOT}deno.json`];
  const seal = ["archive", "seal", "--data", `${dir}/data`, "--force"];
  const options = { cwd: dir, stdin: "null", stdout: "null", stderr: "null" } as const;
  const args = [...run, `${ROOT}cli/main.ts`, ...seal];
  return new Deno.Command(Deno.execPath(), { args, ...options }).spawn();
}

/** What the venue does of its own accord meanwhile. */
async function trouble(rig: Rig): Promise<void> {
  const { kraken, kalshi, polymarket } = rig.simulators;
  for (
    const strike of [
      () => kalshi.fault({ type: "skip" }),
      () => kraken.fault({ type: "drop" }),
      () => kraken.fault({ type: "checksum" }),
      () => kalshi.fault({ type: "drop" }),
      () => polymarket.fault({ type: "drop" }),
    ]
  ) {
    await delay(rig.random.between(2_000, 10_000));
    strike();
  }
}

async function stopRig({ services, nats }: Rig): Promise<void> {
  const codes: Record<string, number> = {};
  for (const name of VENUES) codes[name] = await services[name].stop();
  await untilConsumed(nats.url, `ssmd-${ENV}`, "archiver-main");
  for (const name of ["archiver", "gateway"] as const) codes[name] = await services[name].stop();
  assert.deepEqual(codes, { kraken: 0, kalshi: 0, polymarket: 0, archiver: 0, gateway: 0 });
}

async function closeRig(rig: Rig): Promise<void> {
  if (rig.closed) return;
  rig.closed = true;
  const { services, nats, simulators } = rig;
  await Promise.all(Object.values(services).map((service) => service.kill()));
  await Promise.all([...VENUES.map((venue) => simulators[venue].close()), nats.stop()]);
}

Deno.test({
  name:
    "after 54 kill -9 of connectors, archiver, gateway and nats-server under load, the day being " +
    "sealed beside them, nothing is lost, doubled or invented, and every break is a gap with its span",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const seed = Number(Deno.env.get("SSMD_CRASH_SEED") ?? Date.now() % 2 ** 31);
    console.log(`seed ${seed} (again with SSMD_CRASH_SEED=${seed})`);
    const startedMs = performance.now();
    const dir = await Deno.makeTempDir({ prefix: "ssmd-crash-" });
    const rig = await startRig(dir, seed);
    let whole = false;
    try {
      for (const service of Object.values(rig.services)) service.start();
      const names = Object.keys(ROUNDS) as (keyof typeof ROUNDS)[];
      const torments = Promise.all([...names.map((name) => torment(rig, name)), trouble(rig)]);
      await Promise.all([torments, sealing(rig, torments)]);
      // The last lives see some calm, so that the last books are whole.
      await Promise.all(Object.values(rig.services).map((service) => service.ready()));
      await delay(3_000);
      await stopRig(rig);
      await closeRig(rig);
      assert.ok((await sealer(dir).status).success, "a last sealing takes in what came behind");
      console.log(`${seconds(startedMs)} s of torment: ${JSON.stringify([...rig.kills])}`);
      const { breaks, ...counts } = await assertRawAgainstLedger(dir, ENV, VENUES);
      console.log(JSON.stringify({ ...counts, ...await assertArchive(dir, ENV, breaks) }));
      console.log(`${seconds(startedMs)} s in all`);
      whole = true;
    } finally {
      await closeRig(rig);
      const { services } = rig;
      for (const { name, ownEnds } of Object.values(services)) {
        if (ownEnds.length > 0) console.log(`${name} ended by itself: ${ownEnds.join("; ")}`);
      }
      if (whole) await Deno.remove(dir, { recursive: true });
      else {
        for (const service of Object.values(services)) console.log(service.tail());
        console.log(`everything is kept in ${dir}`);
      }
    }
  },
});

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(1);
}
