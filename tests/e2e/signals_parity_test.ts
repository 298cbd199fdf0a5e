import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { readArchive } from "@ssmd/archive";
import { Encoder } from "@ssmd/codec";
import { FEED_TYPES, type Fire } from "@ssmd/market";
import { seededRandom } from "@ssmd/runtime";
import {
  BatchWriter,
  compareFires,
  type HostedSignal,
  linkSignal,
  mergedRecords,
  Supervisor,
} from "@ssmd/signals";
import { demoKey, type Simulator, startSimulator } from "@ssmd/simulator";
import { openStorage, type Storage } from "@ssmd/storage";
import { type NatsServer, natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { eventually, Folder, RunningUp, runSsmd, verify } from "./_process.ts";
import { kalshiKeys, writeRegistry } from "./_registry.ts";
import { seedOf } from "./_seeded.ts";
import { SOAK_SIGNALS } from "./_soak_signals.ts";

/** Seconds that each form of the soak lasts; with SSMD_SIGNALS_SOAK_S=600 it is the long one. */
const SOAK_S = Number(Deno.env.get("SSMD_SIGNALS_SOAK_S") ?? 14);
/** Kills by then: each some seconds after the one before. */
const KILLS = Math.max(4, Math.round(SOAK_S / 30));
/** Least fires that are compared. */
const FIRES_MIN = Math.min(1000, SOAK_S * 4);
const RATE = 150;
const ENV = "soak";
const SYMBOLS = {
  kraken: { BTCUSD: "BTC/USD", ETHUSD: "ETH/USD" },
  kalshi: {
    "KXSIMBTC-26DEC31-T99999.99": "KXSIMBTC-26DEC31-T99999.99",
    "KXSIMFED-26DEC31-H0": "KXSIMFED-26DEC31-H0",
  },
};

interface Soak {
  dir: string;
  venues: Record<"kraken" | "kalshi", Simulator>;
  env: Record<string, string>;
  nats: NatsServer | undefined;
  random: () => number;
}

async function withSoak(nats: NatsServer | undefined, body: (soak: Soak) => Promise<void>) {
  const seed = seedOf(`soak of signals${nats === undefined ? "" : " on NATS"}`);
  await using folder = new Folder();
  const dir = folder.path;
  const startOf = (venue: "kraken" | "kalshi") =>
    startSimulator({
      venue,
      source: {
        ...{ type: "model", seed, ratePerSecond: RATE },
        symbols: Object.values(SYMBOLS[venue]).map((external) => ({ external })),
      },
    });
  const venues = { kraken: await startOf("kraken"), kalshi: await startOf("kalshi") };
  try {
    const feeds = Object.fromEntries(
      (["kraken", "kalshi"] as const).map((feed) => [feed, {
        symbols: SYMBOLS[feed],
        endpoint: venues[feed].url,
      }]),
    );
    await writeRegistry(dir, { name: ENV, feeds, ...(nats && { natsUrl: nats.url }) });
    const file = `${dir}/exchanges/environments/${ENV}.yaml`;
    const environment = JSON.parse(await Deno.readTextFile(file));
    const signals = Object.fromEntries(Object.keys(SOAK_SIGNALS).map((id) => [id, {}]));
    await Deno.writeTextFile(file, JSON.stringify({ ...environment, signals }));
    await Deno.mkdir(`${dir}/signals`);
    for (const [id, source] of Object.entries(SOAK_SIGNALS)) {
      await Deno.writeTextFile(`${dir}/signals/${id}.ts`, source);
    }
    const key = await demoKey();
    const env = kalshiKeys(key.keyId, key.privateKeyPem);
    await body({ dir, venues, env, nats, random: seededRandom(seed) });
  } finally {
    await Promise.all(Object.values(venues).map((venue) => venue.close()));
    await nats?.stop();
  }
}

function startUp({ dir, env }: Soak): RunningUp {
  return new RunningUp(["--env", ENV, "--data", `${dir}/data`, "--output", "json"], {
    cwd: dir,
    env,
  });
}

/** Hosts of signals that a process has started. */
function hostsOf(pid: number): number[] {
  return [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name)).flatMap(
    ({ name }) => {
      try {
        const stat = Deno.readTextFileSync(`/proc/${name}/stat`);
        const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
        const isHost = Deno.readTextFileSync(`/proc/${name}/cmdline`).includes("host/main.ts");
        return parent === pid && isHost ? [Number(name)] : [];
      } catch {
        return [];
      }
    },
  );
}

/** Fires that a process has published. */
async function firesOf(up: RunningUp): Promise<number> {
  const text = await (await fetch(`${await up.url()}/metrics`)).text();
  return [...text.matchAll(/^ssmd_signals_fires_total\{.*\} (\d+)$/gm)]
    .reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Kills what there is to kill, again and again; gives the process that lives at the end. */
async function torment(soak: Soak): Promise<{ up: RunningUp; killed: Record<string, number> }> {
  const { random, nats } = soak;
  const killed: Record<string, number> = { up: 0, host: 0, bus: 0 };
  let up = startUp(soak);
  for (let i = 0; i < KILLS; i++) {
    await up.line("signals run");
    await delay(random() * 2 * SOAK_S * 1000 / KILLS);
    // Each kind at least once.
    const kinds = nats === undefined ? ["host", "up"] : ["host", "up", "bus"];
    const kind = kinds[i < kinds.length ? i : Math.floor(random() * kinds.length)] ?? "up";
    killed[kind] = (killed[kind] ?? 0) + 1;
    if (kind === "host") { for (const pid of hostsOf(up.pid)) Deno.kill(pid, "SIGKILL"); }
    if (kind === "bus") {
      await nats?.kill();
      await delay(random() * 1500);
      await nats?.restart();
    }
    if (kind !== "up") continue;
    assertNoneBlamed(up);
    Deno.kill(up.pid, "SIGKILL");
    await up.ended;
    up = startUp(soak);
  }
  await up.line("signals run");
  // Lives by chance may all be short ones: the last one is not over before there is enough to compare.
  await eventually("fires of the last life", async () => await firesOf(up) >= FIRES_MIN + 20);
  await delay(3_000);
  return { up, killed };
}

/** Whoever is killed, and however slow the machine is, no signal is to blame. */
function assertNoneBlamed({ output }: RunningUp): void {
  assert.doesNotMatch(output, /a signal did harm/);
}

async function hosted(): Promise<HostedSignal[]> {
  return await Promise.all(
    Object.entries(SOAK_SIGNALS).map(async ([id, source]) => ({
      ...{ id, params: {} },
      ...await linkSignal(`${id}.ts`, () => Promise.resolve(source)),
    })),
  );
}

/** Fires of the same signals over what is archived, and up to when all feeds have records, µs. */
async function firesOver(storage: Storage): Promise<{ fires: Fire[]; endUs: number }> {
  const feeds = ["kraken", "kalshi"];
  const writer = new BatchWriter();
  const encoder = new Encoder();
  const ends = new Map<string, number>();
  const fires: Fire[] = [];
  const supervisor = new Supervisor({
    signals: await hosted(),
    dedupe: true,
    limits: { watchdogMs: 120_000 },
    onQuarantine: ({ signal, reason }) => assert.fail(`${signal}: ${reason}`),
  });
  const send = async () => {
    const timeUs = Math.max(...ends.values());
    for (const feed of feeds) writer.addWatermark({ feed, timeUs });
    fires.push(...(await supervisor.send(writer.finish(1))).fires);
  };
  try {
    await supervisor.start();
    for await (const batch of mergedRecords(storage, { env: ENV, feeds, types: FEED_TYPES })) {
      for (const event of batch) {
        writer.addRecord(event.type, encoder.encode(event));
        ends.set(event.feed, event.receivedAtUs);
      }
      if (writer.byteLength > 256 * 1024) await send();
    }
    await send();
    return { fires, endUs: Math.min(...ends.values()) };
  } finally {
    await supervisor.stop();
  }
}

async function archivedFires(storage: Storage): Promise<Fire[]> {
  const fires: Fire[] = [];
  for (const feed of ["kraken", "kalshi"]) {
    for await (const batch of readArchive(storage, { env: ENV, feed, types: ["fire"] })) {
      fires.push(...batch.filter((event) => event.type === "fire"));
    }
  }
  return fires;
}

function sha256Of(fires: readonly Fire[]): string {
  const hash = createHash("sha256");
  const encoder = new Encoder();
  for (const fire of fires.toSorted(compareFires)) hash.update(encoder.encode(fire));
  return hash.digest("hex");
}

async function assertParity(dir: string, killed: Record<string, number>): Promise<void> {
  const storage = await openStorage({ type: "local", path: `${dir}/data` });
  const over = await firesOver(storage);
  const isWithin = ({ receivedAtUs }: Fire) => receivedAtUs < over.endUs;
  const expected = over.fires.filter(isWithin);
  const live = (await archivedFires(storage)).filter(isWithin);
  const ids = new Set(live.map(({ id }) => id));
  const wanted = new Set(expected.map(({ id }) => id));
  const bySignal = Object.fromEntries(
    [...Map.groupBy(live, ({ signal }) => signal)].map(([id, fires]) => [id, fires.length]),
  );
  console.log(JSON.stringify({ killed, fires: live.length, ...bySignal }));
  const missing = expected.filter(({ id }) => !ids.has(id));
  const extra = live.filter(({ id }) => !wanted.has(id));
  assert.deepEqual(missing.slice(0, 5), [], `${missing.length} missing`);
  assert.deepEqual(extra.slice(0, 5), [], `${extra.length} extra`);
  assert.equal(live.length, ids.size, "a fire is archived twice");
  assert.equal(sha256Of(live), sha256Of(expected));
  // A short soak on a slow machine may be over before the rarest of them has a reason.
  const fired = Object.keys(bySignal).sort();
  if (SOAK_S < 60) assert.ok(fired.length >= 3, `only ${fired} fire`);
  else assert.deepEqual(fired, Object.keys(SOAK_SIGNALS).sort(), "all fire");
  assert.ok(live.length >= FIRES_MIN, `${live.length} fires`);
  await storage.close();
}

/** What a person asks: the same by the command, over the archive and over what the bus holds. */
async function assertBacktests({ dir, env, nats }: Soak): Promise<void> {
  const ids = SOAK_S >= 60 ? Object.keys(SOAK_SIGNALS) : ["leans", "two_feeds"];
  const sources = nats === undefined
    ? [["--data", `${dir}/data`]]
    : [["--data", `${dir}/data`], ["--source", "bus"]];
  for (const id of ids) {
    const digests = new Set<string>();
    for (const source of sources) {
      const args = ["backtest", id, "--compare-live", "--env", ENV, ...source];
      const { code, output } = await runSsmd([...args, "--output", "json"], { cwd: dir, env });
      assert.equal(code, 0, output.slice(0, 3000));
      digests.add(/"sha256":\s*"(\w+)"/.exec(output)?.[1] ?? assert.fail(output));
    }
    assert.equal(digests.size, 1, `${id} fires otherwise over the bus`);
  }
}

async function soak(nats: NatsServer | undefined): Promise<void> {
  await withSoak(nats, async (soak) => {
    const { up, killed } = await torment(soak);
    await using running = up;
    const { code, output } = await running.stop();
    assert.equal(code, 0, output);
    assertNoneBlamed(running);
    const verified = await verify(`${soak.dir}/data`);
    assert.deepEqual(verified.problems, []);
    await assertParity(soak.dir, killed);
    await assertBacktests(soak);
  });
}

Deno.test("through kill -9 of up and hosts the fires are those of the archive, each once", () =>
  soak(undefined));

Deno.test({
  name: "the same on NATS, whose server is killed, too",
  ignore: !natsServerAvailable(),
  fn: async () => await soak(await startNatsServer()),
});
