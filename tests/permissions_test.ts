import assert from "node:assert/strict";
import { listFeeds, loadFeed, todayUtc, versionOn } from "@ssmd/metadata";
import config from "../deno.json" with { type: "json" };
import { ENTRYPOINTS } from "../deploy/entrypoints.ts";

const EXCHANGES = new URL("../exchanges", import.meta.url).pathname;
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

Deno.test("connector and up may reach the hosts of all feeds in force, and no other of the internet", async () => {
  const hosts = new Set<string>();
  for (const id of await listFeeds(EXCHANGES)) {
    const version = versionOn(await loadFeed(EXCHANGES, id), todayUtc());
    if (version) hosts.add(`${new URL(version.endpoint).hostname}:443`);
  }
  for (const name of ["connector", "ssmd"]) {
    const net = PERMISSIONS[name]?.["net"] as string[];
    const outside = net.filter((host) => host.endsWith(":443"));
    assert.deepEqual(outside.sort(), [...hosts].sort(), name);
  }
});

Deno.test("who captures may ask how the clock is kept, and no other program by that; who does not may not", () => {
  for (const name of Object.keys(ENTRYPOINTS)) {
    const run = (PERMISSIONS[name]?.["run"] ?? []) as string[];
    const read = PERMISSIONS[name]?.["read"];
    const captures = ["connector", "ssmd"].includes(name);
    assert.equal(run.includes("/usr/bin/chronyc"), captures, name);
    if (captures && read !== true) {
      assert.ok((read as string[]).includes("/run/systemd/timesync"), name);
    }
  }
  assert.deepEqual(PERMISSIONS["connector"]?.["run"], ["/usr/bin/chronyc"]);
});

async function askS3(set: string, endpoint: string): Promise<string> {
  const script = new URL("../lib/storage/testing/ask_s3.ts", import.meta.url).pathname;
  const config = new URL("../deno.json", import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", `-P=${set}`, "--no-prompt", `--config=${config}`, script, endpoint],
  }).output();
  const text = new TextDecoder();
  return text.decode(stdout).trim() || text.decode(stderr);
}

Deno.test("who writes the archive may use S3 on loopback; another host is refused by name", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response(null, { status: 403 }),
  );
  const endpoint = `http://127.0.0.1:${server.addr.port}`;
  for (const set of ["connector", "archiver", "ssmd"]) {
    assert.equal(await askS3(set, endpoint), "STORAGE_UNAUTHORIZED", set);
  }
  assert.equal(await askS3("archiver", "https://s3.example"), "STORAGE_NOT_ALLOWED");
  await server.shutdown();
});
