import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { setTimeout as delay } from "node:timers/promises";
import { endProcess, seededRandom } from "@ssmd/runtime";
import { openStorage } from "@ssmd/storage";
import { type Fault, type FaultProxy, startFaultProxy } from "../servers/fault_proxy.ts";
import { type S3Server, s3ServerAvailable, startS3Server } from "../servers/s3_server.ts";
import { Folder, RunningUp, runSsmd } from "./_process.ts";
import { writeRegistry } from "./_registry.ts";
import { seedOf } from "./_seeded.ts";
import { contentOf, OBJECTS } from "./_uploader.ts";

const BUCKET = "crash";
const UPLOADER = new URL("./_uploader.ts", import.meta.url).pathname;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;
const UPLOADER_KILLS = 20;
const UP_KILLS = 10;
const FAULTY_SHARE = 0.05;
const FAULTS: readonly Fault[] = ["busy", "reset", "cutRequest", "cutAnswer", "loseAnswer"];

/** Fails one request of twenty, in every way. `silence` only where a client waits briefly. */
function failSome(proxy: FaultProxy, random: () => number, faults: readonly Fault[]): void {
  proxy.plan = () =>
    random() >= FAULTY_SHARE ? "pass" : faults[Math.floor(random() * faults.length)] ?? "pass";
}

/** Uploads that were begun and neither completed nor removed, in the server's files. */
async function openUploads({ dir }: S3Server): Promise<string[]> {
  const folder = `${dir}/${BUCKET}/.sgwtmp/multipart`;
  const keys = await namesIn(folder);
  return (await Promise.all(keys.map((key) => namesIn(`${folder}/${key}`)))).flat();
}

/** None where the folder is not there, or goes in this moment: the server ends requests of the killed. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** A life of the uploader: killed after `ms`, or let to its end; true = it came there. */
async function uploaderLife(server: S3Server, endpoint: string, ms?: number): Promise<boolean> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-qA", "--no-check", `--config=${CONFIG}`, UPLOADER].concat(
      endpoint,
      server.region,
      BUCKET,
    ),
    env: {
      SSMD_ACCESS_KEY: server.credentials.access_key,
      SSMD_SECRET_KEY: server.credentials.secret_key,
    },
    ...{ stdin: "null", stdout: "piped", stderr: "null" },
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = (await reader.read()).value ?? "";
  if (ms !== undefined) {
    await Promise.race([delay(ms), child.status]);
    endProcess(child);
  }
  for (let more = await reader.read(); !more.done; more = await reader.read()) said += more.value;
  await child.status;
  return said.includes("done");
}

Deno.test({
  name:
    `uploads killed ${UPLOADER_KILLS} times behind a faulty network are whole in the end, and leave nothing behind`,
  ignore: !s3ServerAvailable(),
  fn: async () => {
    const random = seededRandom(seedOf("crash of uploads"));
    const server = await startS3Server({ buckets: [BUCKET], keepAlive: false });
    const proxy = startFaultProxy(server.port);
    try {
      const beganMs = performance.now();
      assert.ok(await uploaderLife(server, proxy.endpoint));
      const wholeMs = performance.now() - beganMs;
      failSome(proxy, random, [...FAULTS, "silence"]);
      let orphans = 0;
      for (let kill = 1; kill <= UPLOADER_KILLS; kill++) {
        await uploaderLife(server, proxy.endpoint, random() * wholeMs);
        orphans += (await openUploads(server)).length;
      }
      // A life with faults may give up, as storage that stays away makes it; one of them will not.
      let done = false;
      for (let life = 0; !done && life < 5; life++) {
        done = await uploaderLife(server, proxy.endpoint);
      }
      assert.ok(done);
      console.log(`${orphans} uploads were left by the killed, and removed by the next`);
      assert.deepEqual(await openUploads(server), []);
      const { endpoint, region, credentials } = server;
      const buckets = { raw: BUCKET, normalized: BUCKET };
      const storage = await openStorage({ type: "s3", endpoint, region, buckets, credentials });
      for (const key of Object.keys(OBJECTS)) {
        assert.ok(Buffer.compare(await storage.get(key), contentOf(key)) === 0, key);
      }
      await storage.close();
    } finally {
      await proxy.close();
      await server.stop();
    }
  },
});

Deno.test({
  name:
    `up killed ${UP_KILLS} times behind a faulty network loses nothing and writes nothing twice`,
  ignore: !s3ServerAvailable(),
  fn: async () => {
    const random = seededRandom(seedOf("crash of up on S3"));
    const server = await startS3Server({ buckets: [BUCKET], keepAlive: false });
    const proxy = startFaultProxy(server.port);
    await using folder = new Folder();
    try {
      const env = "crash-s3";
      await writeRegistry(folder.path, {
        ...{ name: env, simulatedRate: 200, s3: { endpoint: proxy.endpoint, bucket: BUCKET } },
        feeds: { kraken: { symbols: { BTCUSD: "BTC/USD", ETHUSD: "ETH/USD" } } },
      });
      const start = {
        cwd: folder.path,
        env: {
          SSMD_KEY_ARCHIVE_ACCESS_KEY: server.credentials.access_key,
          SSMD_KEY_ARCHIVE_SECRET_KEY: server.credentials.secret_key,
        },
      };
      failSome(proxy, random, FAULTS);
      for (let kill = 1; kill <= UP_KILLS; kill++) {
        const up = new RunningUp(["--env", env], start);
        await up.line("connected");
        await delay(random() * 2500);
        await up[Symbol.asyncDispose]();
      }
      await using up = new RunningUp(["--env", env], start);
      await up.line("connected");
      await delay(1000);
      const { code } = await up.stop("SIGINT");
      assert.equal(code, 0, up.output);
      proxy.plan = () => "pass";
      const verified = await runSsmd(["archive", "verify", "--env", env], start);
      assert.equal(verified.code, 0, verified.output);
      assert.match(verified.output, /frames give exactly the \d+ records that are archived/);
      assert.deepEqual(await openUploads(server), []);
    } finally {
      await proxy.close();
      await server.stop();
    }
  },
});
