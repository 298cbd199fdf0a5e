import assert from "node:assert/strict";
import { openStorage } from "./open.ts";

Deno.test("a configuration opens the driver it names", async () => {
  const memory = await openStorage({ type: "memory" });
  assert.equal(memory.type, "memory");
  await memory.close();
  const folder = await openStorage({ type: "local", path: "/srv/data" });
  assert.equal(folder.type, "local");
  assert.equal(folder.location, "/srv/data");
  await folder.close();
});

Deno.test("storage types that are not there are refused with the ones that are", async () => {
  await assert.rejects(openStorage({ type: "locale" } as never), {
    code: "STORAGE_TYPE_UNKNOWN",
    hint: /Did you mean "local"/,
  });
  await assert.rejects(openStorage({ type: "tape" } as never), { hint: /memory, local, s3/ });
});

const S3 = {
  type: "s3",
  endpoint: "http://127.0.0.1:3900",
  region: "garage",
  buckets: { raw: "ssmd-raw", normalized: "ssmd-normalized" },
} as const;

Deno.test("s3 is opened without a request, and says which buckets it has", async () => {
  const credentials = { access_key: "a", secret_key: "b" };
  const two = await openStorage({ ...S3, credentials });
  assert.equal(two.type, "s3");
  assert.equal(two.location, "s3://ssmd-normalized + s3://ssmd-raw");
  await two.close();
  const one = await openStorage({ ...S3, buckets: { raw: "x", normalized: "x" }, credentials });
  assert.equal(one.location, "s3://x");
  await one.close();
});

Deno.test("s3 without a key, or with an address that is none, is refused at the start", async () => {
  await assert.rejects(openStorage(S3), {
    code: "STORAGE_CREDENTIALS_MISSING",
    hint: /access_key|\$key:/,
  });
  const credentials = { access_key: "a", secret_key: "b" };
  for (const endpoint of ["127.0.0.1:3900", "ftp://x", "https://user:pass@host"]) {
    await assert.rejects(openStorage({ ...S3, endpoint, credentials }), (error: Error) => {
      assert.equal((error as { code?: string }).code, "STORAGE_ENDPOINT_INVALID");
      return !error.message.includes("pass");
    });
  }
});

Deno.test("who uses no s3 does not load its SDK", async () => {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", import.meta.resolve("./mod.ts")],
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  interface Module {
    specifier: string;
    dependencies?: { specifier: string; isDynamic?: boolean; code?: { specifier: string } }[];
  }
  const byName = new Map((modules as Module[]).map((each) => [each.specifier, each]));
  const loaded = new Set<string>();
  const open = [import.meta.resolve("./mod.ts")];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (loaded.has(name)) continue;
    loaded.add(name);
    for (const { specifier, isDynamic, code } of byName.get(name)?.dependencies ?? []) {
      assert.ok(isDynamic || !specifier.includes("aws-sdk"), `${name} loads ${specifier}`);
      if (!isDynamic && code !== undefined) open.push(code.specifier);
    }
  }
  assert.ok(loaded.size > 5);
});
