import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { loadManifest } from "@ssmd/archive";
import { folderStorage, openStorage, type Storage } from "@ssmd/storage";
import { type Fault, startFaultProxy } from "../servers/fault_proxy.ts";
import { s3ServerAvailable, startS3Server } from "../servers/s3_server.ts";
import { Folder, Running, runSsmd } from "./_process.ts";
import { countRecords, restore, SEALABLE, sealableDay, timelessContent } from "./_sealable.ts";
import { SeededRandom } from "./crash_service.ts";

const KILLS = 30;
const RECORDS = 150_000;
const FAULTS: readonly Fault[] = ["busy", "reset", "cutRequest", "cutAnswer", "loseAnswer"];
const FAULT_SHARE = 0.05;
/** Reading everything back is done after some of the kills; it costs as much as sealing. */
const READ_EVERY = 6;

/** What is sealed, and how. */
interface Target {
  storage: Storage;
  args: string[];
  cwd: string;
  env?: Record<string, string>;
}

function seedOf(): number {
  const seed = Number(Deno.env.get("SSMD_CRASH_SEED") ?? Date.now() % 2 ** 31);
  console.log(`seed ${seed} (again with SSMD_CRASH_SEED=${seed})`);
  return seed;
}

async function seal({ args, cwd, env = {} }: Target): Promise<number> {
  const startMs = performance.now();
  const { code, output } = await runSsmd(["archive", "seal", ...args], { cwd, env });
  assert.equal(code, 0, output);
  return performance.now() - startMs;
}

/** What is sealed, now; every object that the manifest names must be there whole. */
async function isSealed(storage: Storage): Promise<boolean> {
  const manifest = await loadManifest(storage, { kind: "normalized", ...SEALABLE });
  assert.ok(manifest);
  assert.equal(manifest.count, RECORDS);
  for (const { key, bytes } of manifest.files) {
    assert.equal((await storage.head(key))?.size, bytes, key);
  }
  return manifest.retired === undefined && manifest.files.every((each) => each.sealed);
}

/** Kills sealings at random moments of their lives; the result must be that of the undisturbed one. */
async function torment(target: Target, direct: Storage, random: SeededRandom): Promise<void> {
  const day = await sealableDay(RECORDS);
  await restore(direct, day);
  const lifeMs = await seal(target);
  const expected = await timelessContent(direct);
  assert.ok(await isSealed(direct));
  await restore(direct, day);
  let finished = 0;
  for (let kill = 1; kill <= KILLS; kill++) {
    const { args, cwd, env = {} } = target;
    const running = new Running(["archive", "seal", ...args], { cwd, env });
    // Some of them in the time that a process needs to begin, most of them at work.
    await delay(random.between(0.1, 1.1) * lifeMs);
    await running.stop("SIGKILL");

    if (kill % READ_EVERY === 0) assert.equal(await countRecords(direct), RECORDS);
    if (!await isSealed(direct)) continue;
    finished++;
    assert.deepEqual(await timelessContent(direct), expected);
    await restore(direct, day);
  }
  await seal(target);
  assert.ok(await isSealed(direct));
  const content = await timelessContent(direct);
  assert.deepEqual([...content.keys()], [...expected.keys()]);
  for (const [key, bytes] of expected) assert.equal(content.get(key), bytes, key);
  assert.equal(await countRecords(direct), RECORDS);
  console.log(`${KILLS} kills, ${finished} times sealed by the last of them`);
}

Deno.test("after 30 kill -9 of archive seal on a disk the day is that of an undisturbed one", async () => {
  await using folder = new Folder();
  const storage = folderStorage(`${folder.path}/data`);
  const target = { storage, args: ["--data", `${folder.path}/data`], cwd: folder.path };
  await torment(target, storage, new SeededRandom(seedOf()));
  await storage.close();
});

Deno.test({
  name: "after 30 kill -9 of archive seal on S3, where 5 % of requests fail, the day is the same",
  ignore: !s3ServerAvailable(),
  fn: async () => {
    const random = new SeededRandom(seedOf());
    const server = await startS3Server({ buckets: ["ssmd"], keepAlive: false });
    const proxy = startFaultProxy(server.port);
    await using folder = new Folder();
    const config = {
      ...{ type: "s3" as const, endpoint: server.endpoint, region: server.region },
      buckets: { raw: "ssmd", normalized: "ssmd" },
      credentials: server.credentials,
    };
    const direct = await openStorage(config);
    try {
      await writeEnvironment(folder.path, proxy.endpoint, server.region);
      let faults = 0;
      proxy.plan = () => {
        if (random.next() >= FAULT_SHARE) return "pass";
        return FAULTS[faults++ % FAULTS.length] as Fault;
      };
      const env = {
        SSMD_KEY_ARCHIVE_ACCESS_KEY: server.credentials.access_key,
        SSMD_KEY_ARCHIVE_SECRET_KEY: server.credentials.secret_key,
      };
      const target = { storage: direct, args: ["--env", SEALABLE.env], cwd: folder.path, env };
      await torment(target, direct, random);
      assert.ok(faults > 0);
      console.log(`${faults} of ${proxy.requests.length} requests failed`);
    } finally {
      await direct.close();
      await proxy.close();
      await server.stop();
    }
  },
});

async function writeEnvironment(dir: string, endpoint: string, region: string): Promise<void> {
  await Deno.mkdir(`${dir}/exchanges/environments`, { recursive: true });
  await Deno.mkdir(`${dir}/exchanges/feeds`);
  const feed = "exchanges/feeds/kraken.yaml";
  await Deno.copyFile(new URL(`../../${feed}`, import.meta.url), `${dir}/${feed}`);
  const text = `name: ${SEALABLE.env}
feeds: [kraken]
schema: v1
symbols: { BTCUSD: { feed: kraken, external: BTC/USD } }
transport: { type: memory }
storage:
  type: s3
  endpoint: ${endpoint}
  region: ${region}
  buckets: { raw: ssmd, normalized: ssmd }
  credentials: { access_key: $key:archive.access_key, secret_key: $key:archive.secret_key }
keys:
  archive: { type: storage, fields: [access_key, secret_key], source: env }
gateway: { host: 127.0.0.1, port: 8080 }
`;
  await Deno.writeTextFile(`${dir}/exchanges/environments/${SEALABLE.env}.yaml`, text);
}
