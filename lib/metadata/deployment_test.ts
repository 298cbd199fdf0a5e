import assert from "node:assert/strict";
import { loadDeployment } from "./deployment.ts";
import type { KeyAccess } from "./key_access.ts";

const FEED = new URL("../../exchanges/feeds/kalshi.yaml", import.meta.url);
const keyText = (id: string) => `key_id: ${id}\nprivate_key: pem\n`;

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
cache: { type: none }
journal: { type: memory }
gateway: { port: 8080 }
schedule: { timezone: UTC, day_start: "00:10", day_end: "00:00", auto_roll: true }
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
