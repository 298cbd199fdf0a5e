import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { demoKey, type Simulator, startSimulator } from "@ssmd/simulator";
import { assertArchive } from "./crash_archive.ts";
import { assertRawAgainstLedger } from "./crash_raw.ts";
import { CRASH_SYMBOLS_AND_TOKENS, writeRegistry } from "./crash_registry.ts";
import { SeededRandom, Service } from "./crash_service.ts";

const ROUNDS = 5;
const LIFE_MS_MAX = 6_000;
const FRAMES_PER_SECOND = 2_000;
const MINUTE_MS = 60_000;
/** The archiver writes a minute this long after its end. */
const WRITTEN_MS = 3_500;
const ENV = "crash-memory";

const VENUES = ["kraken", "kalshi", "polymarket"] as const;

async function startVenue(venue: typeof VENUES[number], dir: string, seed: number) {
  return await startSimulator({
    venue,
    source: {
      type: "model",
      seed,
      symbols: CRASH_SYMBOLS_AND_TOKENS.filter(({ feed }) => feed === venue)
        .map(({ external }) => ({ external })),
      ratePerSecond: FRAMES_PER_SECOND,
    },
    ledger: `${dir}/${venue}.ledger`,
  });
}

async function upOf(dir: string, simulators: readonly Simulator[]): Promise<Service> {
  await writeRegistry(dir, {
    name: ENV,
    symbols: CRASH_SYMBOLS_AND_TOKENS,
    transport: "{ type: memory }",
    endpoints: Object.fromEntries(VENUES.map((venue, i) => [venue, simulators[i]?.url ?? ""])),
  });
  const key = await demoKey();
  return new Service({
    name: "up",
    args: ["cli/main.ts", "up", "--env", ENV, "--port", "0", "--data", `${dir}/data`],
    cwd: dir,
    env: {
      SSMD_KEY_KALSHI_KEY_ID: key.keyId,
      SSMD_KEY_KALSHI_PRIVATE_KEY: key.privateKeyPem,
    },
    ready: `"message":"connected"`,
  });
}

/** Five lives; before the last death a minute was written, so that archive and spool overlap. */
async function torment(up: Service, random: SeededRandom): Promise<void> {
  const minuteEndMs = (Math.floor(Date.now() / MINUTE_MS) + 1) * MINUTE_MS;
  for (let round = 1; round <= ROUNDS; round++) {
    if (random.next() < 0.7) await up.ready();
    await delay(random.between(100, LIFE_MS_MAX));
    const left = minuteEndMs + WRITTEN_MS - Date.now();
    if (round === ROUNDS && left > 0) await delay(left);
    await up.kill();
    await delay(random.between(0, 500));
    up.start();
  }
}

Deno.test("after five kill -9 of `up` on the memory bus the spool gives back what was not archived", async () => {
  const seed = Number(Deno.env.get("SSMD_CRASH_SEED") ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed} (again with SSMD_CRASH_SEED=${seed})`);
  const dir = await Deno.makeTempDir({ prefix: "ssmd-crash-" });
  const simulators = await Promise.all(VENUES.map((venue) => startVenue(venue, dir, seed)));
  const up = await upOf(dir, simulators);
  let whole = false;
  try {
    up.start();
    await torment(up, new SeededRandom(seed));
    await up.ready();
    await delay(3_000);
    assert.equal(await up.stop(), 0);
    await Promise.all(simulators.map((simulator) => simulator.close()));
    const { breaks, ...counts } = await assertRawAgainstLedger(dir, ENV, VENUES);
    console.log(JSON.stringify({ ...counts, ...await assertArchive(dir, ENV, breaks) }));
    whole = true;
    await Deno.remove(dir, { recursive: true });
  } finally {
    await up.kill();
    if (up.ownEnds.length > 0) console.log(`ended by itself: ${up.ownEnds.join("; ")}`);
    if (!whole) {
      console.log(`${up.tail(40)}\neverything is kept in ${dir}`);
      await Promise.allSettled(simulators.map((simulator) => simulator.close()));
    }
  }
});
