import assert from "node:assert/strict";
import { runSsmd } from "./_process.ts";
import { ENV, Rig } from "./_rig.ts";

Deno.test("env status tells what runs against the file, and ends with 1 where they differ", async () => {
  await using rig = await Rig.start({ venues: ["kraken"] });
  await rig.up.url();
  const status = async () => {
    const words = ["env", "status", ENV, "--output", "json"];
    const { code, output } = await runSsmd(words, { cwd: rig.registry });
    const [json = "{}"] = /^\{$[\s\S]*^\}$/m.exec(output) ?? [];
    return { code, ...JSON.parse(json).deployed };
  };
  const edit = async (change: (file: Record<string, Record<string, unknown>>) => void) => {
    const path = `${rig.registry}/exchanges/environments/${ENV}.yaml`;
    const file = JSON.parse(await Deno.readTextFile(path));
    change(file);
    await Deno.writeTextFile(path, JSON.stringify(file));
  };

  const { file_revision: first, ...at } = await status();
  assert.deepEqual(at, { code: 0, state: "same", running_revision: first, differences: [] });
  await edit(({ symbols = {} }) => {
    delete symbols["ETHUSD"];
    symbols["SOLUSD"] = { feed: "kraken", external: "SOL/USD" };
  });
  const drift = await status();
  assert.deepEqual([drift.code, drift.state], [1, "drift"]);
  assert.deepEqual(drift.differences, ["+ SOLUSD", "- ETHUSD"]);
  assert.equal(drift.running_revision, first);
  assert.notEqual(drift.file_revision, first);

  const applied = await runSsmd(["env", "apply", ENV], { cwd: rig.registry });
  assert.equal(applied.code, 0, applied.output);
  const same = await status();
  assert.deepEqual([same.code, same.running_revision], [0, drift.file_revision]);
  await edit((file) => file["gateway"] = { port: 8099 });
  assert.deepEqual((await status()).differences, ["gateway"]);
  await rig.up.stop();
  const { code, state } = await status();
  assert.deepEqual([code, state], [0, "not running"]);
});
