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
