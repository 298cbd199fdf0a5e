import assert from "node:assert/strict";
import type { Reach } from "@ssmd/metadata/environment_reach";
import { VENUES } from "@ssmd/exchanges";
import { hostOf } from "@ssmd/metadata/address_host";
import {
  CATALOGUE_HOSTS,
  commandWord,
  flagValue,
  type Launch,
  permissionsOf,
} from "./permissions.ts";

const LINE = { file: "exchanges/environments/prod.yaml", line: 1 };
const REACH: readonly Reach[] = [
  { ...LINE, kind: "net", what: "nats.lan:4222", field: "transport.url" },
  { ...LINE, kind: "net", what: "redis.lan:6379", field: "cache.url" },
  { ...LINE, kind: "net", what: "db.lan:5432", field: "gateway.clients.url" },
  { ...LINE, kind: "write", what: "/srv/ssmd", field: "storage.path" },
  { ...LINE, kind: "read", what: "/etc/ssmd/bus.yaml", field: "keys.bus.source" },
  { ...LINE, kind: "read", what: "/etc/ssmd/tls.key", field: "gateway.tls.key" },
  { ...LINE, kind: "read", what: "/etc/ssmd/db.key", field: "gateway.clients.tls.key" },
];

function permissions(program: Launch["program"], line: string) {
  return permissionsOf({
    program,
    args: line.split(" ").filter((word) => word !== ""),
    root: "/opt/ssmd",
    registryDir: "/home/ada/markets/exchanges",
    reach: REACH,
    tempDir: "/home/ada/.cache/ssmd/tmp",
    cacheDir: "/home/ada/.cache/ssmd",
    secretsDir: "/var/run/secrets/ssmd",
    deno: "/usr/bin/deno",
  });
}

Deno.test("a service writes where its environment says, and reaches that and loopback", () => {
  const { write, net, read, run } = permissions("archiver", "--env prod");
  assert.deepEqual(write, ["./data", "/srv/ssmd"]);
  assert.deepEqual(net, ["127.0.0.1", "localhost", "[::1]", "nats.lan:4222"]);
  assert.deepEqual(run, []);
  assert.ok(read.includes("/etc/ssmd/bus.yaml") && read.includes("/srv/ssmd"), read.join());
  for (const path of ["/", "/tmp", "/home/ada", "/etc"]) assert.ok(!read.includes(path), path);
});

Deno.test("a synchronization reaches the REST of its venue, as the venue's folder names it", () => {
  for (const { id, catalogue } of Object.values(VENUES)) {
    const host = catalogue && hostOf(catalogue.url);
    assert.equal(CATALOGUE_HOSTS[id], host, id);
    const { net } = permissions("ssmd", `secmaster sync ${id} --env prod`);
    assert.ok(host === undefined || net.includes(host), net.join());
    assert.ok(!permissions("ssmd", `secmaster show ${id}`).net.includes(host ?? ""));
    assert.ok(permissions("ssmd", `secmaster show ${id} --env prod`).net.length > 0);
  }
});

Deno.test("cache and clients are reached by who answers clients or tells them of days, and by nobody else", () => {
  const reaches = (program: Launch["program"], line: string) => {
    const { net } = permissions(program, line);
    assert.equal(net.includes("redis.lan:6379"), net.includes("db.lan:5432"));
    return net.includes("db.lan:5432");
  };
  assert.ok(reaches("gateway", "--env prod") && reaches("ssmd", "up --env prod"));
  assert.ok(reaches("worker", "--env prod"));
  assert.ok(!reaches("archiver", "--env prod") && !reaches("connector", "--env prod"));
});

Deno.test("a gateway writes its clients and where it runs, and reads the archive", () => {
  const { write, read } = permissions("gateway", "--env prod");
  assert.deepEqual(write, [
    ...["./data/audit", "./data/clients", "./data/feedback", "./data/running"],
    ...["/srv/ssmd/audit", "/srv/ssmd/clients", "/srv/ssmd/feedback", "/srv/ssmd/running"],
  ]);
  assert.ok(read.includes("/srv/ssmd"));
});

Deno.test("the private key for the database of clients is read by those who reach it alone", () => {
  const reads = (program: Launch["program"]) =>
    permissions(program, "--env prod").read.includes("/etc/ssmd/db.key");
  assert.ok(reads("gateway") && reads("worker") && reads("ssmd"));
  for (const program of ["connector", "archiver", "signals", "agents"] as const) {
    assert.ok(!reads(program), program);
  }
});

Deno.test("the private key of the gateway's certificate is read by the gateway alone", () => {
  const reads = (program: Launch["program"], line = "--env prod") =>
    permissions(program, line).read.includes("/etc/ssmd/tls.key");
  assert.ok(reads("gateway") && reads("ssmd", "up --env prod"));
  for (const program of ["connector", "archiver", "signals", "agents", "worker"] as const) {
    assert.ok(!reads(program), program);
  }
});

Deno.test("signals read their own files and run their hosts through the shell, as up does", () => {
  const { write, read } = permissions("signals", "--env prod");
  assert.deepEqual(write, ["./data", "/srv/ssmd"]);
  assert.ok(read.includes("/opt/ssmd/signals") && read.includes("/home/ada/markets/signals"));
  assert.ok(permissions("ssmd", "up --env prod").run.includes("/bin/sh"));
  assert.ok(!permissions("ssmd", "status").run.includes("/bin/sh"));
  assert.deepEqual(permissions("ssmd", "test replay --feed kraken").run, ["/bin/sh", "git"]);
  const compare = permissions("ssmd", "env compare --feed kraken --output report.json");
  assert.deepEqual(compare.run, ["/bin/sh", "git"]);
  assert.ok(compare.write.includes("report.json"));
  assert.ok(!permissions("ssmd", "env list --output json").write.includes("json"));
});

Deno.test("what agents start reaches the gateway's machine or its address, writes and runs nothing", () => {
  const { read, write, net, run } = permissions("ssmd", "mcp serve --url https://md.example:8443");
  assert.deepEqual([write, run], [[], []]);
  assert.ok(read.includes("/opt/ssmd"), "a command's modules are read when it is called");
  assert.deepEqual(net, ["127.0.0.1", "localhost", "[::1]", "md.example:8443"]);
});

Deno.test("what flags name may be used, too: folders, addresses, the interface to listen on", () => {
  const { write, net } = permissions("connector", "--data=/mnt/x --endpoint ws://10.0.0.1:9/v2");
  assert.ok(write.includes("/mnt/x"));
  assert.ok(net.includes("10.0.0.1:9"));
  assert.ok(permissions("gateway", "--host 0.0.0.0").net.includes("0.0.0.0"));
  assert.ok(permissions("archiver", "--metrics-host 0.0.0.0").net.includes("0.0.0.0"));
  assert.ok(permissions("ssmd", "data export --out /tmp/x").write.includes("/tmp/x"));
  const { read, write: files } = permissions("ssmd", "data export --out /mnt/x/a.csv");
  assert.ok(read.includes("/mnt/x"), "the folder of a single file is synced");
  for (const path of ["/mnt/x/a.csv", "/mnt/x/.ssmd-export"]) assert.ok(files.includes(path));
  assert.ok(!files.includes("/mnt/x"));
  assert.ok(permissions("ssmd", "archive cat /mnt/a.zst").read.includes("/mnt/a.zst"));
  assert.ok(!permissions("ssmd", "archive cat /mnt/a.zst").write.includes("/mnt/a.zst"));
});

Deno.test("a command that only changes the registry reaches no host", () => {
  for (const line of ["feed list", "help up", "--dir x symbol list", "commit -m m", "up --help"]) {
    assert.deepEqual(permissions("ssmd", line).net, [], line);
  }
});

Deno.test("only queries and signals may start processes of Deno, and only key commands write key files", () => {
  for (const line of ["query x", "backtest x", "signal check x"]) {
    assert.ok(permissions("ssmd", line).run.includes("/usr/bin/deno"));
  }
  assert.ok(!permissions("ssmd", "data inventory").run.includes("/usr/bin/deno"));
  assert.ok(permissions("ssmd", "key set bus --env prod").write.includes("/etc/ssmd"));
  assert.ok(!permissions("ssmd", "up --env prod").write.includes("/etc/ssmd"));
});

Deno.test("only a query writes to the caches of its user, or to the folder that --cache names", () => {
  const { write, read } = permissions("ssmd", "query x");
  assert.ok(write.includes("/home/ada/.cache/ssmd") && read.includes("/home/ada/.cache/ssmd"));
  assert.ok(permissions("ssmd", "query x --cache /mnt/c").write.includes("/mnt/c"));
  for (const line of ["up", "data inventory", "archive verify"]) {
    assert.ok(!permissions("ssmd", line).write.includes("/home/ada/.cache/ssmd"), line);
  }
});

Deno.test("the working folder as a whole, and /tmp, are written to by nobody", () => {
  for (const line of ["up", "query x", "init", "data export --out x", "key set bus"]) {
    for (const path of permissions("ssmd", line).write) {
      assert.ok(![".", "/", "/tmp", "/home/ada/markets"].includes(path), `${line}: ${path}`);
    }
  }
});

Deno.test("the first word names the command, whatever flags stand before it", () => {
  assert.equal(commandWord(["--dir", "x", "-q", "--output=json", "env", "list"]), "env");
  assert.equal(commandWord(["--help"]), undefined);
  assert.equal(flagValue(["--env", "a"], "env"), "a");
  assert.equal(flagValue(["--env=b=c"], "env"), "b=c");
});

Deno.test("customers' code is run by who asks for it, and never by the gateway", () => {
  for (const line of ["transform add x.lua", "data export --transform desk_csv --out -"]) {
    assert.deepEqual(permissions("ssmd", line).run, ["/usr/bin/deno", "/bin/sh", "git"], line);
  }
  assert.ok(!permissions("ssmd", "data export --out x").run.includes("/bin/sh"));
  assert.deepEqual(permissions("gateway", "--env prod").run, []);
});

Deno.test("certificates to Temporal are read by who runs jobs or asks for them, and venues' REST reached", () => {
  const reach: Reach[] = [
    { ...LINE, kind: "read", what: "/etc/ssmd/jobs.key", field: "scheduler.tls.key" },
    { ...LINE, kind: "net", what: "127.0.0.9:1", field: "endpoints.kraken" },
  ];
  const of = (program: Launch["program"], line = "") =>
    permissionsOf({
      ...{ program, args: line.split(" "), root: "/opt/ssmd", registryDir: "/m/exchanges", reach },
      ...{ secretsDir: "/s", deno: "/usr/bin/deno" },
    });
  for (const program of ["connector", "archiver", "gateway", "signals"] as const) {
    assert.ok(!of(program).read.includes("/etc/ssmd/jobs.key"), program);
    assert.ok(!of(program).net.includes("api.kraken.com:443"), program);
  }
  for (const launched of [of("worker"), of("ssmd", "job run secmaster-sync")]) {
    assert.ok(launched.read.includes("/etc/ssmd/jobs.key"));
    assert.ok(launched.net.includes("api.kraken.com:443"));
    assert.ok(!launched.net.includes("external-api.kalshi.com:443"));
  }
});

Deno.test("models and webhooks are reached by agents, and by nobody else", () => {
  const reach: Reach[] = [
    { ...LINE, kind: "net", what: "desk.example:443", field: "agents.webhooks.desk.url" },
    { ...LINE, kind: "net", what: "api.anthropic.com:443", field: "agents.model" },
  ];
  const netOf = (program: Launch["program"]) =>
    permissionsOf({
      ...{ program, args: [], root: "/opt/ssmd", registryDir: "/m/exchanges", reach },
      ...{ secretsDir: "/s", deno: "/usr/bin/deno" },
    }).net.slice(3);
  assert.deepEqual(netOf("agents"), ["desk.example:443", "api.anthropic.com:443"]);
  for (const program of ["connector", "archiver", "gateway", "signals", "worker"] as const) {
    assert.deepEqual(netOf(program), [], program);
  }
  const { run } = permissions("agents", "--env prod");
  assert.deepEqual(run, ["/usr/bin/deno", "/bin/sh", "git"]);
});
