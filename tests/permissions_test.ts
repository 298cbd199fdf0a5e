import assert from "node:assert/strict";
import config from "../deno.json" with { type: "json" };
import { ENTRYPOINTS } from "../deploy/entrypoints.ts";
import { Folder, Running, RunningUp } from "./e2e/_process.ts";
import { writeRegistry } from "./e2e/_registry.ts";

const ROOT = new URL("../", import.meta.url).pathname;
const PERMISSIONS = config.permissions as Record<string, Record<string, unknown>>;

Deno.test("every entrypoint has its permission set, and no set allows all", () => {
  for (const name of Object.keys(ENTRYPOINTS)) assert.ok(PERMISSIONS[name], name);
  for (const [name, set] of Object.entries(PERMISSIONS)) {
    assert.notEqual(set["all"], true, name);
    for (const kind of ["net", "write", "env", "run", "ffi", "sys"]) {
      assert.notEqual(set[kind], true, `${name} may ${kind} anything`);
    }
  }
});

Deno.test("only tests run with -A", () => {
  const free = Object.entries(config.tasks).filter(([, task]) => / -A /.test(task));
  assert.deepEqual(free.map(([name]) => name), ["test", "ok"]);
});

const FEEDS = { kraken: { symbols: { BTCUSD: "BTC/USD" } } };
/** Another address of loopback: nothing but an environment file allows it. */
const ELSEWHERE = "127.0.0.2";

interface Ended {
  code: number;
  said: string;
}

/** Runs a program as people start it, in a folder of one's own. */
async function launched(cwd: string, program: string, ...args: string[]): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(`${ROOT}deploy/launch`, {
    args: [program, ...args],
    cwd,
    env: {
      NO_COLOR: "1",
      SSMD_KEY_ARCHIVE_ACCESS_KEY: "any",
      SSMD_KEY_ARCHIVE_SECRET_KEY: "any",
    },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, said: text.decode(stdout) + text.decode(stderr) };
}

Deno.test("sets hold what no environment changes: no folder and no host", () => {
  for (const name of Object.keys(ENTRYPOINTS)) {
    for (const kind of ["read", "write", "net"]) {
      assert.equal(PERMISSIONS[name]?.[kind], undefined, `${name} ${kind}`);
    }
  }
});

Deno.test("every task that starts a program goes through the launcher", () => {
  for (const name of ["up", ...Object.keys(ENTRYPOINTS)]) {
    assert.match(config.tasks[name as "up"], /^deploy\/launch /, name);
  }
});

Deno.test("who captures may ask how the clock is kept, and no other program by that; who does not may not", () => {
  for (const name of ["connector", "archiver", "gateway"]) {
    const run = (PERMISSIONS[name]?.["run"] ?? []) as string[];
    assert.equal(run.includes("/usr/bin/chronyc"), name === "connector", name);
  }
  assert.deepEqual(PERMISSIONS["connector"]?.["run"], ["/usr/bin/chronyc"]);
});

Deno.test("an S3 server that the environment names is reached, whatever its address", async () => {
  await using folder = new Folder();
  const server = Deno.serve(
    { hostname: ELSEWHERE, port: 0, onListen() {} },
    () => new Response(null, { status: 403 }),
  );
  const { port } = server.addr;
  await writeRegistry(folder.path, {
    name: "away",
    feeds: FEEDS,
    s3: { endpoint: `http://${ELSEWHERE}:${port}`, bucket: "all" },
  });
  const { code, said } = await launched(folder.path, "ssmd", "archive", "verify", "--env", "away");
  await server.shutdown();
  assert.equal(code, 1);
  assert.match(said, /STORAGE_UNAUTHORIZED/);
});

Deno.test("a bus that the environment names is asked; who is refused hears which line allows it", async () => {
  await using folder = new Folder();
  const natsUrl = `nats://${ELSEWHERE}:1`;
  await writeRegistry(folder.path, { name: "bus", feeds: FEEDS, natsUrl });
  {
    const args = ["--env", "bus", "--metrics-port", "0"];
    await using away = new Running(args, { cwd: folder.path, service: "archiver" });
    const { error } = await away.line("cannot start yet");
    assert.match(JSON.stringify(error), /TRANSPORT_UNAVAILABLE/);
  }

  const file = `${folder.path}/exchanges/environments/bus.yaml`;
  const line = (await Deno.readTextFile(file)).split("\n")
    .findIndex((each) => each.includes(natsUrl)) + 1;
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "-P=archiver",
      "-R",
      "--no-prompt",
      `--config=${ROOT}deno.json`,
      `${ROOT}archiver/main.ts`,
      "--env",
      "bus",
    ],
    cwd: folder.path,
    env: { SSMD_REACH: `net ${file}:${line} (transport.url)` },
  }).output();
  const refused = new TextDecoder().decode(stderr);
  assert.match(refused, /TRANSPORT_NOT_ALLOWED/);
  assert.ok(refused.includes(`bus.yaml:${line} (transport.url)`), refused);
});

Deno.test("a folder for data may lie anywhere", async () => {
  await using folder = new Folder();
  await using data = new Folder();
  await writeRegistry(folder.path, { name: "here", feeds: FEEDS, simulatedRate: 100 });
  await using up = new RunningUp(["--env", "here", "--data", `${data.path}/srv/ssmd`], {
    cwd: folder.path,
  });
  await up.url();
  assert.equal((await up.stop()).code, 0);
  assert.ok((await Deno.stat(`${data.path}/srv/ssmd`)).isDirectory);
});

/** Names of everything below a folder. */
async function namesBelow(dir: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(dir)) {
    names.push(`${dir}/${name}`);
    if (isDirectory) names.push(...await namesBelow(`${dir}/${name}`));
  }
  return names.sort();
}

Deno.test("a query leaves the archive as it is: what it exports goes to the user's caches", async () => {
  await using folder = new Folder();
  await writeRegistry(folder.path, { name: "here", feeds: FEEDS, simulatedRate: 100 });
  const { path } = folder;
  await using up = new RunningUp(["--env", "here", "--data", "data"], { cwd: path });
  await up.published("kraken", "orderbook", 1);
  assert.equal((await up.stop()).code, 0);
  const before = await namesBelow(`${path}/data`);
  const { code, stdout, stderr } = await new Deno.Command(`${ROOT}deploy/launch`, {
    args: ["ssmd", "query", "select count(*) > 0 as some from orderbook", "--output", "csv"],
    cwd: path,
    env: { NO_COLOR: "1", SSMD_CACHE_DIR: `${path}/caches` },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  assert.deepEqual([code, text.decode(stdout)], [0, "some\r\ntrue\r\n"], text.decode(stderr));
  assert.deepEqual(await namesBelow(`${path}/data`), before);
  assert.ok((await namesBelow(`${path}/caches/query`)).length > 0);
});

Deno.test("temporary files never go to a folder of somebody else", async () => {
  await using folder = new Folder();
  await Deno.mkdir(`${folder.path}/mine`);
  const uid = Deno.uid();
  await Deno.symlink(`${folder.path}/mine`, `${folder.path}/ssmd-${uid}`);
  const { code, stderr } = await new Deno.Command(`${ROOT}cli/ssmd`, {
    args: ["version"],
    env: { TMPDIR: folder.path },
  }).output();
  assert.equal(code, 1);
  assert.match(new TextDecoder().decode(stderr), /is not this user's own/);
});
