import assert from "node:assert/strict";
import { type NatsServer, natsServerAvailable, startNatsServer } from "../servers/nats_server.ts";
import { eventually } from "./_process.ts";
import { Rig } from "./_rig.ts";
import { seedOf } from "./_seeded.ts";

/** SSMD_CHAOS_MINUTES=10 is the long form. */
const RUN_MS = Number(Deno.env.get("SSMD_CHAOS_MINUTES") ?? 0.1) * 60_000;
const FEED = "kraken";

/** Each call fails once in twenty and takes 100 ms; connections to the bus live for ten seconds. */
function faults(seed: number): Record<string, string> {
  return {
    SSMD_CHAOS_SEED: `${seed}`,
    SSMD_CHAOS_FAILURE_RATE: "0.05",
    SSMD_CHAOS_LATENCY_MS: "100",
    SSMD_CHAOS_DROP_SECONDS: "10",
  };
}

/** A start of which a first call fails is refused with its sentence; whoever keeps it starts it again. */
async function started(): Promise<{ server: NatsServer; rig: Rig }> {
  for (let seed = seedOf("chaos") + 1;; seed++) {
    const server = await startNatsServer();
    const rig = await Rig.start({ venues: [FEED], natsUrl: server.url, env: faults(seed) });
    const runs = () => rig.up.lines.some(({ message }) => message === "running");
    const refused = rig.up.ended.then(({ code }) => code);
    const code = await Promise.race([
      rig.up.until("its start", runs).catch(() => refused),
      refused,
    ]);
    if (code === true) return { server, rig };
    assert.equal(code, 1, rig.up.output);
    assert.match(rig.up.output, /^error: .*(on purpose|refused|answer)/m);
    await rig[Symbol.asyncDispose]();
    await server.stop();
  }
}

Deno.test({
  name: "under failures of 5 %, 100 ms and dropped connections nothing is lost, nothing doubled",
  ignore: !natsServerAvailable(),
  fn: async () => {
    const { server, rig: running } = await started();
    await using rig = running;
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
    const ready = await (await fetch(`${await rig.up.url()}/health/ready`)).json();
    assert.match(JSON.stringify(ready.reasons), /storage: it fails on purpose/);
    const [day] = (await rig.finish()).days;
    const said = rig.up.captured();
    const { gap = 0, ...records } = day?.records ?? {};
    const count = Object.values(records).reduce((sum, each) => sum + each, gap);
    console.log(`${said["frames"]} frames, ${count} records, ${gap} gaps`);
    assert.equal(day?.raw_frames, said["frames"]);
    assert.deepEqual([count, said["archived"]], [said["records"], said["records"]]);
    assert.ok(gap >= 1 && gap === said["gaps"], `${gap} gaps archived, ${said["gaps"]} said`);
    assert.match(rig.up.output, /(storage|transport)\.\w+ fails on purpose/);
    await server.stop();
  },
});
