import assert from "node:assert/strict";
import { stripTypeScriptTypes } from "node:module";
import { startSimulator } from "@ssmd/simulator";
import { natsServerAvailable, startNatsServer } from "../tests/servers/nats_server.ts";

const ROOT = new URL("../", import.meta.url).pathname;
/** Deno 2.6.10 with its base program, which registries of packages have; .ci/run puts it there. */
const PAIR = `${
  Deno.env.get("SSMD_CI_DIR") ?? `${Deno.env.get("HOME")}/.cache/ssmd-ci`
}/deno-2.6.10`;
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";
/**
 * What 2.6 has not: a lock that two processes would fight for, which nobody does here, the removal of
 * types, which is done beforehand for the signals of the library, and a global object to freeze.
 */
function shim(): string {
  const library = new URL("../signals/library/", import.meta.url);
  const texts = [...Deno.readDirSync(library)].map(({ name }) =>
    Deno.readTextFileSync(new URL(name, library))
  );
  const stripped = Object.fromEntries(texts.map((text) => [text, stripTypeScriptTypes(text)]));
  return `import nodeModule from "node:module";
    Deno.FsFile.prototype.tryLock ??= () => Promise.resolve(true);
    const stripped = ${JSON.stringify(stripped)};
    nodeModule.stripTypeScriptTypes ??= (text) => stripped[text];
    const { freeze } = Object;
    Object.freeze = (object) => object === globalThis ? object : freeze(object);\n`;
}
const BYTES_MAX: Readonly<Record<string, number>> = {
  connector: 110e6,
  archiver: 110e6,
  gateway: 115e6,
  signals: 110e6,
  agents: 115e6,
  // With Temporal's native parts.
  worker: 360e6,
  ssmd: 130e6,
  "ssmd-query": 100e6,
  "ssmd-host": 95e6,
};
/** Services, in the order they are started, with the words that say that one runs. */
const SERVICES: readonly (readonly [string, string])[] = [
  ["archiver", "archiving"],
  ["gateway", "serving"],
  ["signals", "signals run"],
  ["agents", '"agents"'],
  ["worker", "running jobs"],
  ["connector", "capturing"],
];
const WAIT_MS = 300_000;

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

async function run(program: string, args: string[], options: Deno.CommandOptions = {}) {
  const { code, stdout, stderr } = await new Deno.Command(program, { args, ...options }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, `${program} ${args}: ${text.decode(stdout)}${text.decode(stderr)}`);
  return text.decode(stdout);
}

/** Compiles with the pair, on the packages that are cached already. */
async function compile(top: string, names: string[]): Promise<void> {
  const cache = JSON.parse(await run(Deno.execPath(), ["info", "--json"]));
  await Deno.mkdir(`${top}/deno`);
  await Deno.symlink(cache.npmCache, `${top}/deno/npm`);
  await Deno.writeTextFile(`${top}/shim.js`, shim());
  await run(`${PAIR}/bin/deno`, [
    ...["run", "-A", "--no-lock", "--no-check", "--unstable-temporal", "deploy/compile.ts"],
    ...names,
  ], {
    cwd: ROOT,
    env: {
      PATH: `${PAIR}/bin:${Deno.env.get("PATH")}`,
      DENO_DIR: `${top}/deno`,
      DENORT_BIN: `${PAIR}/denort`,
      // Its stack is too small for the tree of the packages.
      RUST_MIN_STACK: "67108864",
      SSMD_COMPILE_FLAGS: `--unstable-temporal --preload=${top}/shim.js`,
      ...(isThere(CERTIFICATES) ? { DENO_CERT: CERTIFICATES } : {}),
    },
  });
}

/** A registry with one feed of a simulator, on a bus. */
async function writeProject(dir: string, endpoint: string, natsUrl: string): Promise<void> {
  await Deno.mkdir(`${dir}/exchanges/environments`, { recursive: true });
  await Deno.mkdir(`${dir}/exchanges/feeds`);
  await Deno.copyFile(`${ROOT}exchanges/feeds/kraken.yaml`, `${dir}/exchanges/feeds/kraken.yaml`);
  const environment = {
    ...{ name: "compiled", feeds: ["kraken"], schema: "v1", endpoints: { kraken: endpoint } },
    symbols: { BTCUSD: { feed: "kraken", external: "BTC/USD", depth: 10 } },
    transport: { type: "nats", url: natsUrl },
    storage: { type: "local", path: "./data" },
    signals: { imbalance_flip: {} },
    agents: { model: { type: "scripted" } },
    gateway: { host: "127.0.0.1", port: 8080, auth: "open" },
  };
  await Deno.writeTextFile(
    `${dir}/exchanges/environments/compiled.yaml`,
    JSON.stringify(environment),
  );
}

/** Size, time until it runs, and memory then: what a user of a program pays. */
interface Cost {
  bytes: number;
  startMs: number;
  rssBytes: number;
}

function rssBytesOf(pid: number): number {
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1]);
}

/** A compiled service, without any variable; waits until it said that it runs. */
async function start(cwd: string, name: string, word: string) {
  const startedMs = performance.now();
  const child = new Deno.Command(`${ROOT}dist/${name}`, {
    args: ["--env", "compiled", name === "gateway" ? "--port" : "--metrics-port", "0"],
    ...{ cwd, clearEnv: true, stdout: "piped", stderr: "inherit" },
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let said = "";
  while (!said.includes(word)) {
    const { value, done } = await lines.next();
    assert.ok(!done, `${name} ended: ${said}`);
    said += value;
  }
  const { size: bytes } = await Deno.stat(`${ROOT}dist/${name}`);
  const startMs = performance.now() - startedMs;
  return {
    name,
    cost: { bytes, startMs, rssBytes: rssBytesOf(child.pid) } satisfies Cost,
    port: /"metrics_port":(\d+)/.exec(said)?.[1],
    page: /"page":"([^"]+)"/.exec(said)?.[1],
    async stop(): Promise<void> {
      child.kill("SIGTERM");
      for (let each = await lines.next(); !each.done; each = await lines.next()) said += each.value;
      assert.equal((await child.status).code, 0, said);
      assert.doesNotMatch(said, /"level":"error"/);
    },
  };
}

/** Runs a compiled command without any variable. */
async function ssmd(cwd: string, ...args: string[]): Promise<string> {
  return await run(`${ROOT}dist/ssmd`, args, { cwd, clearEnv: true });
}

async function waitForTrades(port: string | undefined): Promise<void> {
  const deadlineMs = Date.now() + WAIT_MS;
  const trades = /published_total\{feed="kraken",type="trade"\} [1-9]\d/;
  while (!trades.test(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text())) {
    assert.ok(Date.now() < deadlineMs, "no trades");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

Deno.test({
  name: "programs compiled by Deno 2.6.10 run in an empty folder without Deno and any variable",
  ignore: !REQUIRED && !(isThere(`${PAIR}/denort`) && natsServerAvailable()),
  fn: async (t) => {
    const top = await Deno.makeTempDir();
    try {
      await compile(top, Object.keys(BYTES_MAX));
      await t.step("they are small", sizes);
      await t.step(
        "each service captures, archives, serves or fires beside the others",
        async () => {
          await services(`${top}/project`);
        },
      );
      await t.step(
        "the demo runs, and its archive is queried, exported and made again",
        async () => {
          await demo(`${top}/empty`);
        },
      );
    } finally {
      await Deno.remove(top, { recursive: true });
    }
  },
});

async function sizes(): Promise<void> {
  for (const [name, most] of Object.entries(BYTES_MAX)) {
    const { size } = await Deno.stat(`${ROOT}dist/${name}`);
    assert.ok(size < most, `${name}: ${size} bytes`);
  }
}

async function services(cwd: string): Promise<void> {
  const nats = await startNatsServer();
  const source = { type: "model", seed: 7, ratePerSecond: 200 } as const;
  const simulator = await startSimulator({ venue: "kraken", source });
  try {
    await writeProject(cwd, simulator.url, nats.url);
    const started: Awaited<ReturnType<typeof start>>[] = [];
    for (const [name, word] of SERVICES) started.push(await start(cwd, name, word));
    await waitForTrades(started.at(-1)?.port);
    const gateway = started.find(({ name }) => name === "gateway");
    assert.equal((await fetch(`${gateway?.page}health`)).status, 200);
    for (const { name, cost: { bytes, startMs, rssBytes } } of started) {
      const [size, memory] = [bytes, rssBytes].map((each) => Math.round(each / 1e6));
      console.log(`${name}: ${size} MB, runs after ${Math.round(startMs)} ms, takes ${memory} MB`);
    }
    for (const service of started.reverse()) await service.stop();
    const { ok, days } = JSON.parse(await ssmd(cwd, "archive", "verify", "--output", "json"));
    assert.ok(ok && days[0].records.trade > 0);
  } finally {
    await simulator.close();
    await nats.stop();
  }
}

async function demo(cwd: string): Promise<void> {
  await Deno.mkdir(cwd);
  const said = await ssmd(cwd, "up", "--for", "5s", "--port", "0");
  assert.match(said, /"signals run"/);
  assert.doesNotMatch(said, /"level":"error"/);
  const { days } = JSON.parse(await ssmd(cwd, "archive", "verify", "--output", "json"));
  const count = days.reduce(
    (sum: number, { records }: { records: { trade: number } }) => sum + records.trade,
    0,
  );
  assert.ok(count > 0);
  const sql = "select count(*) as trades from trades";
  const rows = JSON.parse(await ssmd(cwd, "query", sql, "--output", "json"));
  assert.deepEqual(rows, [{ trades: count }]);
  const to = ["--type", "trade", "--out", "trades.csv", "--format", "csv"];
  assert.equal(
    JSON.parse(await ssmd(cwd, "data", "export", ...to, "--output", "json")).records,
    count,
  );
  const fired = JSON.parse(
    await ssmd(cwd, "backtest", "imbalance_flip", "--from", "1h", "--output", "json"),
  );
  assert.ok(fired);
  await ssmd(cwd, "reprocess", "run", "--feed", "kraken", "--as", "v2");
}
