import assert from "node:assert/strict";
import { type S3Server, s3ServerAvailable, startS3Server } from "../servers/s3_server.ts";
import {
  type SeaweedServer,
  seaweedServerAvailable,
  startSeaweedServer,
} from "../servers/seaweed_server.ts";
import { eventually, Folder, RunningUp, runSsmd, type Verified } from "./_process.ts";

const EXCHANGES = new URL("../../exchanges/", import.meta.url);
const DEMO = new URL("environments/demo.yaml", EXCHANGES);
const ENV = "e2e-s3";
const RAW = "ssmd-raw";
const NORMALIZED = "ssmd-normalized";
/** Longest end while storage does not answer: its own limits add up to about 20 s. */
const STOP_MS_MAX = 180_000;

/** The demo environment, with its files on a server of the test. */
async function writeRegistry(folder: string, endpoint: string): Promise<void> {
  const registry = `${folder}/exchanges`;
  await Deno.mkdir(`${registry}/environments`, { recursive: true });
  for (const kind of ["feeds", "policies"]) {
    await Deno.mkdir(`${registry}/${kind}`);
    for (const { name } of Deno.readDirSync(new URL(`${kind}/`, EXCHANGES))) {
      await Deno.copyFile(new URL(`${kind}/${name}`, EXCHANGES), `${registry}/${kind}/${name}`);
    }
  }
  const storage = `storage:
  type: s3
  endpoint: ${endpoint}
  region: us-east-1
  buckets: { raw: ${RAW}, normalized: ${NORMALIZED} }
  credentials: { access_key: $key:archive.access_key, secret_key: $key:archive.secret_key }
keys:
  archive: { type: storage, fields: [access_key, secret_key], source: env }`;
  const text = (await Deno.readTextFile(DEMO))
    .replace("name: demo", `name: ${ENV}`)
    .replace(/^storage: .*$/m, storage);
  await Deno.writeTextFile(`${registry}/environments/${ENV}.yaml`, text);
}

function variables({ credentials }: SeaweedServer, secret = credentials.secret_key) {
  return {
    SSMD_KEY_ARCHIVE_ACCESS_KEY: credentials.access_key,
    SSMD_KEY_ARCHIVE_SECRET_KEY: secret,
  };
}

/** Registers a test with a server, its buckets and a folder in which `ssmd` finds its environment. */
function s3Test(name: string, body: (server: S3Server, cwd: string) => Promise<void>): void {
  Deno.test(name, { ignore: !s3ServerAvailable() }, async () => {
    const server = await startS3Server({ buckets: [RAW, NORMALIZED] });
    await using folder = new Folder();
    try {
      await writeRegistry(folder.path, server.endpoint);
      await body(server, folder.path);
    } finally {
      await server.stop();
    }
  });
}

async function verifyEnv(server: SeaweedServer, cwd: string): Promise<Verified> {
  const { code, output } = await runSsmd(
    ["archive", "verify", "--env", ENV, "--output", "json"],
    { cwd, env: variables(server) },
  );
  const end = output.lastIndexOf("\n}") + 2;
  const report = output.startsWith("{") ? JSON.parse(output.slice(0, end)) : {};
  return { ok: false, problems: [], days: [], ...report, code, output };
}

/** Waits until a connector has taken that many messages. */
async function received(up: RunningUp, count: number): Promise<void> {
  const name = 'ssmd_connector_messages_received_total{feed="kraken"}';
  await eventually("messages", async () => (await up.metric(name) ?? 0) > count);
}

/** Records of the venues, without fires and what was done about them. */
function recordsOf({ days }: Verified): number {
  return days.flatMap(({ records: { fire: _, action: __, ...ofVenues } }) =>
    Object.values(ofVenues)
  )
    .reduce((sum, n) => sum + n, 0);
}

/** Captures for a while and ends; the archive has each record that was captured. */
async function captureAndVerify(server: SeaweedServer, cwd: string): Promise<string> {
  await using up = new RunningUp(["--env", ENV], { cwd, env: variables(server) });
  await received(up, 200);
  const { code } = await up.stop("SIGINT");
  assert.equal(code, 0, up.output);
  const verified = await verifyEnv(server, cwd);
  assert.equal(verified.code, 0, verified.output);
  assert.equal(recordsOf(verified), up.captured()["records"]);
  assert.ok(recordsOf(verified) > 200);
  return up.output;
}

s3Test("what up captures lies in two buckets, and verify counts it there", async (server, cwd) => {
  const output = await captureAndVerify(server, cwd);
  assert.deepEqual(
    (await Array.fromAsync(Deno.readDir(`${server.dir}/${RAW}`))).map((e) => e.name)
      .filter((name) => !name.startsWith(".")),
    [ENV],
  );
  assert.ok(!output.includes(server.credentials.secret_key));
});

Deno.test(
  "what up captures into SeaweedFS, verify counts there",
  { ignore: !seaweedServerAvailable() },
  async () => {
    const server = await startSeaweedServer([RAW, NORMALIZED]);
    await using folder = new Folder();
    try {
      await writeRegistry(folder.path, server.endpoint);
      await captureAndVerify(server, folder.path);
    } finally {
      await server.stop();
    }
  },
);

s3Test(
  "a server that is away at first costs nothing: all is written when it is there",
  async (server, cwd) => {
    await server.kill();
    await using up = new RunningUp(["--env", ENV], { cwd, env: variables(server) });
    await up.line((line) => JSON.stringify(line).includes("STORAGE_UNAVAILABLE"));
    await received(up, 200);
    await server.restart();
    await up.line("the archive's lease is held");
    const { code } = await up.stop("SIGINT");
    assert.equal(code, 0, up.output);
    const verified = await verifyEnv(server, cwd);
    assert.equal(verified.code, 0, verified.output);
    assert.equal(recordsOf(verified), up.captured()["records"]);
  },
);

s3Test("a key that is missing or wrong is told with a hint", async (server, cwd) => {
  const args = ["archive", "verify", "--env", ENV];
  const missing = await runSsmd(args, { cwd });
  assert.equal(missing.code, 1);
  assert.match(missing.output, /KEY_MISSING/);
  assert.match(missing.output, /SSMD_KEY_ARCHIVE_ACCESS_KEY/);
  const wrong = await runSsmd(args, { cwd, env: variables(server, "planted-secret") });
  assert.equal(wrong.code, 1);
  assert.match(wrong.output, /hint: +Check secret_key[^]*STORAGE_UNAUTHORIZED/);
  assert.ok(!wrong.output.includes("planted-secret"));
});

Deno.test("a storage that accepts and never answers is told early, is unready, and holds up no end", async () => {
  const hole = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const connection of hole) open.push(connection);
  })();
  await using folder = new Folder();
  await writeRegistry(folder.path, `http://127.0.0.1:${hole.addr.port}`);
  const env = { SSMD_KEY_ARCHIVE_ACCESS_KEY: "a", SSMD_KEY_ARCHIVE_SECRET_KEY: "b" };
  await using up = new RunningUp(["--env", ENV], { cwd: folder.path, env });
  const { error } = await up.line("the storage failed: it is tried again");
  assert.match((error as { message: string }).message, /no answer within 10000 ms/);
  const url = await up.url();
  await eventually("unready for its storage", async () => {
    const ready = await fetch(`${url}/health/ready`);
    const { conditions } = await ready.json() as { conditions: { condition: string }[] };
    return ready.status === 503 && conditions.some(({ condition }) => condition === "storage");
  });
  const { code, output } = await up.stop("SIGINT", STOP_MS_MAX);
  assert.equal(code, 1, output);
  assert.match(output, /storage does not take the rest: ending without it/);
  assert.match(output, /error: The archiver was closed before all records were in storage/);
  hole.close();
  for (const connection of open) connection.close();
  await accepting;
});
