import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
const REGISTRY = fileURLToPath(new URL("../../exchanges", import.meta.url));

function ssmd(...args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, ...args, "--dir", REGISTRY],
    stdout: "piped",
    stderr: "piped",
  });
}

async function printed(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await ssmd(...args).output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

/** Runs `up` of the environment demo on a free port while `body` runs. */
async function withUp(body: (dataDir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  const up = ssmd("up", "--data", dir, "--port", "0", "--output", "json").spawn();
  const running = Promise.withResolvers<void>();
  const output = (async () => {
    for await (const text of up.stdout.pipeThrough(new TextDecoderStream())) {
      if (text.includes('"running"')) running.resolve();
    }
    running.reject(new Error("up ended"));
  })();
  const errors = new Response(up.stderr).text();
  try {
    await running.promise;
    await body(dir);
  } finally {
    up.kill("SIGTERM");
    await up.status;
    await Promise.all([output, errors]);
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("status finds a running up by its data folder, and ends with 1 where nothing runs", () =>
  withUp(async (dir) => {
    // Each feed is live from its first record on.
    await printed("tail", "BTCUSD", "--data", dir, "--limit", "1");
    await printed("tail", "KXSIM*", "--data", dir, "--limit", "1");
    const ask = () => printed("status", "--data", dir, "--output", "json");
    let { code, out, err } = await ask();
    // On a busy machine the newest record of a feed may be old for a moment.
    for (let tries = 0; code !== 0 && tries < 20; tries++) ({ code, out, err } = await ask());
    const status = JSON.parse(out);
    assert.deepEqual([code, err, status.problems], [0, "", []]);
    assert.deepEqual(
      status.feeds.map(({ feed, state }: Record<string, unknown>) => [feed, state]),
      [["kraken", "live"], ["kalshi", "live"]],
    );
    assert.equal(status.process.component, "up");
    assert.deepEqual(status.bus, { type: "memory", state: "ok" });
    const nothing = await printed("status", "--data", `${dir}/nothing`);
    assert.equal(nothing.code, 1);
    assert.match(nothing.out, /^demo: something is wrong; nothing runs\n/);
  }));

Deno.test("tail prints the records that were asked for, as many as were asked for", () =>
  withUp(async (dir) => {
    const json = ["--type", "orderbook", "--limit", "3", "--output", "json"];
    const { code, out } = await printed("tail", "BTCUSD", "--data", dir, ...json);
    assert.equal(code, 0);
    const records = out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(
      records.map(({ symbol, type, kind }) => [symbol, type, kind]),
      [["snapshot"], ["delta"], ["delta"]].map(([kind]) => ["BTCUSD", "orderbook", kind]),
    );
    const unknown = await printed("tail", "NOPE", "--data", dir, "--limit", "1");
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /unknown symbol "NOPE"/);
  }));

Deno.test("status needs no project, as up needs none: in an empty folder it says what runs", async () => {
  const cwd = await Deno.makeTempDir();
  try {
    const launcher = fileURLToPath(new URL("../ssmd", import.meta.url));
    const { code, stdout } = await new Deno.Command(launcher, { args: ["status"], cwd }).output();
    assert.equal(code, 1);
    assert.match(new TextDecoder().decode(stdout), /^demo: something is wrong; nothing runs\n/);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
});
