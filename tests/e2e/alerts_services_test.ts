import assert from "node:assert/strict";
import { natsServerAvailable } from "../servers/nats_server.ts";
import { prometheusAvailable } from "../servers/prometheus.ts";
import { assertDrawn, PANELS } from "./_panels.ts";
import { Folder } from "./_process.ts";
import { Services, SERVICES_FAULTS } from "./_services_faults.ts";
import { Watch } from "./_watch.ts";

/** Panels that show shards. */
const BY_SHARD = /by \([^)]*\bshard\b/;

Deno.test({
  name: "each fault of services on a bus makes its alerts fire in a real Prometheus",
  ignore: !prometheusAvailable() || !natsServerAvailable(),
  fn: async (t) => {
    await using folder = new Folder();
    await using services = await Services.start();
    await using watch = await Watch.start(folder.path, services.targets);
    await t.step("panels by shard have data of a shard", async () => {
      const panels = PANELS.filter(({ expression }) => BY_SHARD.test(expression));
      assert.ok(panels.length > 8);
      await assertDrawn(watch, panels, "shard");
    });
    await watch.see(t, SERVICES_FAULTS, { services, watch });
  },
});
