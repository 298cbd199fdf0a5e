import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { loadDeployment, SIMULATOR_CONNECTS } from "./mod.ts";

const REGISTRY = fileURLToPath(new URL("../../exchanges", import.meta.url));

async function connectsIn(env: string, more: string) {
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
    const deployment = await loadDeployment({ env, registryDir: `${dir}/exchanges` });
    return deployment.feed("kraken").connects;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("a feed is connected to as often as its environment, its simulator or its venue allows", async () => {
  assert.equal(await connectsIn("kraken", ""), undefined);
  assert.deepEqual(await connectsIn("demo", ""), SIMULATOR_CONNECTS);
  const own = "connects:\n  kraken: { burst: 7, refill: 2s }\n";
  assert.deepEqual(await connectsIn("kraken", own), { burst: 7, refillMs: 2000 });
});
