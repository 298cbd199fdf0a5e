import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { loadDeployment, SIMULATOR_CONNECTS } from "./deployment.ts";
import type { KeyAccess } from "./key_access.ts";

const FEED = new URL("../../exchanges/feeds/kalshi.yaml", import.meta.url);
const keyText = (id: string) => `key_id: ${id}\nprivate_key: pem\n`;
const REGISTRY = fileURLToPath(new URL("../../exchanges", import.meta.url));

/** A feed of an environment of the repository, with more in its file and in that of the feed. */
async function krakenIn(env: string, more: string, inFeed: Record<string, string> = {}) {
  const dir = await Deno.makeTempDir();
  try {
    for (const folder of ["feeds", "schemas", "environments"]) {
      await Deno.mkdir(`${dir}/exchanges/${folder}`, { recursive: true });
      for await (const { name } of Deno.readDir(`${REGISTRY}/${folder}`)) {
        await Deno.copyFile(`${REGISTRY}/${folder}/${name}`, `${dir}/exchanges/${folder}/${name}`);
      }
    }
    const path = `${dir}/exchanges/environments/${env}.yaml`;
    await Deno.writeTextFile(path, await Deno.readTextFile(path) + more);
    const feedPath = `${dir}/exchanges/feeds/kraken.yaml`;
    const feed = Object.entries(inFeed).reduce(
      (text, [from, to]) => text.replace(from, to),
      await Deno.readTextFile(feedPath),
    );
    await Deno.writeTextFile(feedPath, feed);
    const deployment = await loadDeployment({ env, registryDir: `${dir}/exchanges` });
    return deployment.feed("kraken");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a feed is connected to as often as its environment, its simulator or its venue allows", async () => {
  assert.equal((await krakenIn("kraken", "")).connects, undefined);
  assert.deepEqual((await krakenIn("demo", "")).connects, SIMULATOR_CONNECTS);
  const own = "connects:\n  kraken: { burst: 7, refill: 2s }\n";
  assert.deepEqual((await krakenIn("kraken", own)).connects, { burst: 7, refillMs: 2000 });
});

Deno.test("symbols of a connection and the rate of requests are those of the feed's version", async () => {
  const plain = await krakenIn("kraken", "");
  assert.equal(plain.symbolsPerConnection, 100);
  assert.equal(plain.sendRate, undefined);
  const limited = await krakenIn("kraken", "", {
    "symbols_per_connection: 100":
      "symbols_per_connection: 2\n    rate_limit: { requests: 5, per: 2s }",
  });
  assert.equal(limited.symbolsPerConnection, 2);
  assert.deepEqual(limited.sendRate, { requests: 5, perMs: 2000 });
});

Deno.test("credentials are read from where they are now, and each new value is reported once", async () => {
  const dir = await Deno.makeTempDir({ prefix: "ssmd-deployment-" });
  try {
    const keyFile = `${dir}/key.yaml`;
    await Deno.mkdir(`${dir}/feeds`);
    await Deno.mkdir(`${dir}/environments`);
    await Deno.copyFile(FEED, `${dir}/feeds/kalshi.yaml`);
    await Deno.writeTextFile(
      `${dir}/environments/prod.yaml`,
      `name: prod
feeds: [kalshi]
schema: v1
keys: { kalshi: { type: api_key, fields: [key_id, private_key], source: "file:${keyFile}" } }
credentials: { kalshi: { key_id: $key:kalshi.key_id, private_key: $key:kalshi.private_key } }
symbols: { A: { feed: kalshi, external: A } }
transport: { type: memory }
journal: { type: memory }
gateway: { port: 8080 }
storage: { type: local, path: ${dir}/data }
`,
    );
    await Deno.writeTextFile(keyFile, keyText("first"));
    const accesses: KeyAccess[] = [];
    const deployment = await loadDeployment({
      ...{ env: "prod", registryDir: dir },
      onKeyAccess: (_, access) => Promise.resolve(void accesses.push(access)),
    });
    const { credentials } = deployment.feed("kalshi");
    assert.deepEqual(await credentials(), { key_id: "first", private_key: "pem" });
    assert.equal(accesses.length, 1);
    await Deno.writeTextFile(keyFile, keyText("second"));
    const ids = [(await credentials())["key_id"], (await credentials())["key_id"]];
    assert.deepEqual(ids, ["second", "second"]);
    assert.deepEqual(accesses.map(({ outcome, keys }) => [outcome, keys]), [
      ["done", ["kalshi"]],
      ["done", ["kalshi"]],
    ]);
    await Deno.remove(keyFile);
    await assert.rejects(credentials(), { code: "KEY_MISSING" });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
