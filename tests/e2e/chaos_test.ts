import assert from "node:assert/strict";
import { natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { eventually } from "./_process.ts";
import { Rig } from "./_rig.ts";
import { seedOf } from "./_seeded.ts";

/** SSMD_CHAOS_MINUTES=10 is the long form. */
const RUN_MS = Number(Deno.env.get("SSMD_CHAOS_MINUTES") ?? 0.1) * 60_000;
const FEED = "kraken";
/** A failed call may succeed at its next try, which nobody is told of; a lost connection is told. */
const FAILED = /(storage|transport)\.\w+ fails on purpose|the bus is away/;

/** Each call fails once in twenty and takes 100 ms; connections to the bus live for ten seconds. */
function faults(seed: number): Record<string, string> {
  return {
    SSMD_CHAOS_SEED: `${seed}`,
    SSMD_CHAOS_FAILURE_RATE: "0.05",
    SSMD_CHAOS_LATENCY_MS: "100",
    SSMD_CHAOS_DROP_SECONDS: "10",
  };
}

Deno.test({
  name: "under failures of 5 %, 100 ms and dropped connections nothing is lost, nothing doubled",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const server = await startNatsServer();
    const env = faults(seedOf("chaos") + 1);
    await using rig = await Rig.start({ venues: [FEED], natsUrl: server.url, env });
    await rig.allLive();
    const endMs = Date.now() + RUN_MS;
    rig.simulator(FEED).fault({ type: "drop" });
    await eventually(
      "a gap that has ended",
      () => Promise.resolve(rig.gaps(FEED, true).length > 0),
    );
    await eventually(
      "records until the end of the run",
      async () => Date.now() > endMs && (await rig.records(FEED), true),
      RUN_MS + 120_000,
    );
    await rig.up.until("a failure that is told", () => FAILED.test(rig.up.output));
    const ready = await (await fetch(`${await rig.up.url()}/health/ready`)).json();
    for (const port of ["storage", "transport", "cache"]) {
      assert.match(JSON.stringify(ready), new RegExp(`${port}: it fails on purpose`));
    }
    const [day] = (await rig.finish()).days;
    const said = rig.up.captured();
    const { gap = 0, ...records } = day?.records ?? {};
    const count = Object.values(records).reduce((sum, each) => sum + each, gap);
    console.log(`${said["frames"]} frames, ${count} records, ${gap} gaps`);
    assert.equal(day?.raw_frames, said["frames"]);
    const all = [said["records"], said["records"]];
    assert.deepEqual([count, said["archived"]], all, `${count} of ${all[0]}: ${rig.up.output}`);
    assert.ok(gap >= 1 && gap === said["gaps"], `${gap} gaps archived, ${said["gaps"]} said`);
    await server.stop();
  },
});
