/**
 * `deno run -A cli/testing/versioned_archive.ts`: makes the environment `archive` in the project of the
 * working directory, in a bucket of a server that keeps versions, with an archive in it. The server
 * ends by itself. @module
 */
import { setTimeout as delay } from "node:timers/promises";
import { openStorage } from "@ssmd/storage";
import { freePort } from "../../tests/servers/free_port.ts";
import { s3ServerProgram } from "../../tests/servers/s3_server.ts";
import { fillArchive } from "@ssmd/dataset/testing/archive_fixtures";

const BUCKET = "ssmd-archive";
const REGION = "us-east-1";
const KEYS = { access_key: "example", secret_key: "a-secret-of-the-examples" };
/** Longer than any example runs. */
const SERVER_SECONDS = "300";

async function startServer(): Promise<string> {
  const port = freePort();
  const dir = await Deno.makeTempDir({ prefix: "ssmd-s3-" });
  const versions = await Deno.makeTempDir({ prefix: "ssmd-s3-" });
  await Deno.mkdir(`${dir}/${BUCKET}`);
  new Deno.Command("timeout", {
    args: [
      ...[SERVER_SECONDS, s3ServerProgram() ?? "versitygw", "--port", `127.0.0.1:${port}`],
      ...["--region", REGION, "--quiet", "--health", "/health", "--keep-alive"],
      ...["posix", "--versioning-dir", versions, dir],
    ],
    env: { ROOT_ACCESS_KEY: KEYS.access_key, ROOT_SECRET_KEY: KEYS.secret_key },
    ...{ stdin: "null", stdout: "null", stderr: "null" },
  }).spawn().unref();
  const endpoint = `http://127.0.0.1:${port}`;
  while (!await fetch(`${endpoint}/health`).then((answer) => answer.ok, () => false)) {
    await delay(20);
  }
  return endpoint;
}

async function writeEnvironment(endpoint: string): Promise<void> {
  const folder = "exchanges/environments";
  const storage = `storage:
  type: s3
  endpoint: ${endpoint}
  region: ${REGION}
  buckets: { raw: ${BUCKET}, normalized: ${BUCKET} }
  credentials: { access_key: $key:archive.access_key, secret_key: $key:archive.secret_key }
keys:
  archive: { type: storage, fields: [access_key, secret_key], source: file:keys/archive.yaml }`;
  const demo = await Deno.readTextFile(`${folder}/demo.yaml`);
  const text = demo.replace("name: demo", "name: archive").replace(/^storage: .*$/m, storage)
    .replace(/^journal: .*$/m, "journal: { type: file, path: ./data/journal }");
  await Deno.writeTextFile(`${folder}/archive.yaml`, text);
  await Deno.mkdir("keys", { recursive: true });
  const keys = Object.entries(KEYS).map(([name, value]) => `${name}: ${value}\n`).join("");
  await Deno.writeTextFile("keys/archive.yaml", keys);
}

if (import.meta.main) {
  const endpoint = await startServer();
  await writeEnvironment(endpoint);
  const buckets = { raw: BUCKET, normalized: BUCKET };
  const storage = await openStorage({
    ...{ type: "s3", endpoint, region: REGION, buckets, credentials: KEYS },
  });
  const example = (text: string) =>
    storage.put("raw/archive/example.txt", new TextEncoder().encode(text));
  await example("first");
  await storage.versions?.enable(true);
  await example("second");
  await fillArchive(storage, "archive");
  await storage.put("raw/archive/deleted.txt", new Uint8Array(1));
  await storage.delete("raw/archive/deleted.txt");
  await storage.close();
  // The server is detached.
  Deno.exit(0);
}
