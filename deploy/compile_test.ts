import assert from "node:assert/strict";
import { startSimulator } from "@ssmd/simulator";
import { natsServerAvailable, startNatsServer } from "../tests/servers/nats_server.ts";

const ROOT = new URL("../", import.meta.url).pathname;
/** Deno 2.6.10 with its base program, which registries of packages have; .ci/run puts it there. */
const PAIR = `${
  Deno.env.get("SSMD_CI_DIR") ?? `${Deno.env.get("HOME")}/.cache/ssmd-ci`
}/deno-2.6.10`;
const REQUIRED = Deno.env.get("SSMD_REQUIRE_SERVICES") === "1";
const CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";
/** What 2.6 has not: a lock that two processes would fight for. Nobody does here. */
const SHIM = "Deno.FsFile.prototype.tryLock ??= () => Promise.resolve(true);\n";
const BYTES_MAX: Readonly<Record<string, number>> = {
  connector: 110e6,
  archiver: 110e6,
  ssmd: 130e6,
};
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
  await Deno.writeTextFile(`${top}/shim.js`, SHIM);
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
  };
  await Deno.writeTextFile(
    `${dir}/exchanges/environments/compiled.yaml`,
    JSON.stringify(environment),
  );
}

/** A compiled service, without Deno on its path; waits until it said a word. */
async function start(cwd: string, name: string, word: string) {
  const child = new Deno.Command(`${ROOT}dist/${name}`, {
    args: ["--env", "compiled", "--metrics-port", "0"],
    ...{ cwd, clearEnv: true, env: { HOME: cwd, PATH: "/usr/bin:/bin" } },
    ...{ stdout: "piped", stderr: "inherit" },
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  let said = "";
  while (!said.includes(word)) {
    const { value, done } = await lines.next();
    assert.ok(!done, `${name} ended: ${said}`);
    said += value;
  }
  return {
    port: /"metrics_port":(\d+)/.exec(said)?.[1],
    async stop(): Promise<void> {
      child.kill("SIGTERM");
      for (let each = await lines.next(); !each.done; each = await lines.next()) said += each.value;
      assert.equal((await child.status).code, 0, said);
    },
  };
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
  name: "programs compiled by Deno 2.6.10 are small, and capture, archive and verify without Deno",
  ignore: !REQUIRED && !(isThere(`${PAIR}/denort`) && natsServerAvailable()),
  fn: async () => {
    const top = await Deno.makeTempDir();
    const nats = await startNatsServer();
    const source = { type: "model", seed: 7, ratePerSecond: 200 } as const;
    const simulator = await startSimulator({ venue: "kraken", source });
    try {
      await compile(top, Object.keys(BYTES_MAX));
      for (const [name, most] of Object.entries(BYTES_MAX)) {
        const { size } = await Deno.stat(`${ROOT}dist/${name}`);
        assert.ok(size < most, `${name}: ${size} bytes`);
      }
      const cwd = `${top}/project`;
      await writeProject(cwd, simulator.url, nats.url);
      const archiver = await start(cwd, "archiver", "archiving");
      const connector = await start(cwd, "connector", "capturing");
      await waitForTrades(connector.port);
      await connector.stop();
      await archiver.stop();
      const verified = await run(`${ROOT}dist/ssmd`, ["archive", "verify", "--output", "json"], {
        ...{ cwd, clearEnv: true, env: { HOME: cwd, PATH: "/usr/bin:/bin" } },
      });
      const { ok, days } = JSON.parse(verified);
      assert.ok(ok && days[0].records.trade > 0, verified);
    } finally {
      await simulator.close();
      await nats.stop();
      await Deno.remove(top, { recursive: true });
    }
  },
});
