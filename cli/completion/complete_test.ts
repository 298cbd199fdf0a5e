import assert from "node:assert/strict";
import { buildCatalogue } from "../catalogue/build.ts";
import { complete } from "./complete.ts";
import { registryNames } from "./registry_names.ts";

const catalogue = await buildCatalogue();
const NAMES: Record<string, string[]> = { environment: ["demo", "kraken"], symbol: ["BTCUSD"] };

async function offered(...words: string[]): Promise<string[]> {
  const names = (kind: string) => Promise.resolve(NAMES[kind] ?? []);
  const { candidates, paths } = await complete(catalogue, words, names);
  return paths === undefined ? candidates.map(({ value }) => value) : [`:${paths}`];
}

Deno.test("commands are completed word by word", async () => {
  assert.ok((await offered("")).includes("archive"));
  assert.deepEqual(await offered("arch"), ["archive"]);
  assert.deepEqual(await offered("archive", ""), ["cat", "seal", "verify"]);
  assert.deepEqual(await offered("help", "archive", "v"), ["verify"]);
  assert.deepEqual(await offered("client", "api"), ["api-key"]);
  assert.deepEqual(await offered("client", "api-key", ""), ["create", "list", "revoke", "rotate"]);
  assert.deepEqual(await offered("client", "api-key", "create", "--lab"), ["--label"]);
  assert.deepEqual(await offered("help", "client", "api-key", "ro"), ["rotate"]);
  assert.deepEqual(await offered("nonsense", ""), []);
  assert.deepEqual(await offered("archive", "nonsense", ""), []);
});

Deno.test("flags are completed, and no longer once they are used", async () => {
  assert.deepEqual(await offered("archive", "verify", "--o"), ["--output"]);
  assert.deepEqual(await offered("archive", "verify", "--output", "json", "--o"), []);
  assert.deepEqual(await offered("exchange", "serve", "--fault", "x", "--fau"), ["--fault"]);
  assert.deepEqual(await offered("version", "--no-"), ["--no-color"]);
  assert.deepEqual(await offered("version", "--", "--o"), []);
  assert.deepEqual(await offered("--qu"), ["--quiet"]);
});

Deno.test("values are completed behind a space and behind =", async () => {
  assert.deepEqual(await offered("version", "--output", "j"), ["json"]);
  assert.deepEqual(await offered("version", "--output=j"), ["--output=json"]);
  assert.deepEqual(await offered("up", "--env", "d"), ["demo"]);
  assert.deepEqual(await offered("up", "--env=k"), ["--env=kraken"]);
  assert.deepEqual(await offered("exchange", "serve", "kra"), ["kraken"]);
  assert.deepEqual(await offered("exchange", "serve", "kraken", ""), []);
  assert.deepEqual(await offered("up", "--port", ""), []);
});

Deno.test("paths are left to the shell", async () => {
  assert.deepEqual(await offered("archive", "verify", "--data", ""), [":dir"]);
  assert.deepEqual(await offered("archive", "verify", "--data=x"), [":dir"]);
  assert.deepEqual(await offered("archive", "cat", "x"), [":file"]);
});

Deno.test("global flags may stand before the command", async () => {
  assert.deepEqual(await offered("--dir", "x", "--quiet", "up", "--env", "d"), ["demo"]);
});

Deno.test("names come from the registry that --dir names, or from the one above", async () => {
  const dir = new URL("../../exchanges", import.meta.url).pathname;
  assert.ok((await registryNames("environment", dir)).includes("demo"));
  assert.ok((await registryNames("feed", dir)).includes("kraken"));
  assert.ok((await registryNames("schema", dir)).includes("trade"));
  assert.ok((await registryNames("symbol", dir)).includes("BTCUSD"));
  assert.deepEqual(await registryNames("feed", "/nowhere"), []);
});

Deno.test("a damaged file gives fewer names and no error", async () => {
  const dir = await Deno.makeTempDir();
  try {
    for (const part of ["feeds", "environments"]) await Deno.mkdir(`${dir}/${part}`);
    await Deno.writeTextFile(`${dir}/environments/a.yaml`, "symbols: { A: {} }\n");
    await Deno.writeTextFile(`${dir}/environments/b.yaml`, "symbols: [}");
    assert.deepEqual(await registryNames("symbol", dir), ["A"]);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
