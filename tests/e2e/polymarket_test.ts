import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { isBreak } from "@ssmd/market";
import { startSimulator } from "@ssmd/simulator";
import { eventually } from "./_process.ts";
import { Rig } from "./_rig.ts";

Deno.test("polymarket: a cut is one gap with fresh books behind it, and the archive balances", async () => {
  await using rig = await Rig.start({ venues: ["polymarket"] });
  const polymarket = rig.simulator("polymarket");
  await rig.allLive();
  await rig.records("polymarket");
  polymarket.fault({ type: "drop" });
  await eventually(
    "the gap's end",
    () => Promise.resolve(rig.gaps("polymarket", true).length > 0),
  );
  await rig.allLive();
  await rig.records("polymarket", "orderbook");
  await rig.finish();
  const sent = await rig.sent("polymarket");
  assert.equal(sent.length, 2);
  // Each connection begins with the books of all tokens, in one array.
  for (const [first = ""] of sent) {
    const books = JSON.parse(first) as { event_type: string }[];
    assert.deepEqual(books.map(({ event_type: type }) => type), ["book", "book"]);
  }
  const breaks = (await rig.archivedGaps("polymarket")).filter(isBreak);
  assert.deepEqual(breaks.map(({ recovered }) => recovered), [false, true]);
});

const MODULES = "httpx, py_clob_client.client, websockets.sync.client";
const hasModules = ((): boolean => {
  try {
    const args = ["-c", `import ${MODULES}`];
    return new Deno.Command("python3", { args, stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
})();
const why = hasModules ? "" : ` (skipped: python3 has not all of ${MODULES})`;

Deno.test({
  name:
    `polymarket: Polymarket's own Python client finds in the simulator what is documented${why}`,
  ignore: !hasModules && Deno.env.get("SSMD_REQUIRE_SERVICES") !== "1",
  fn: async () => {
    const simulator = await startSimulator({
      venue: "polymarket",
      source: { type: "model", seed: 7, ratePerSecond: 20, speed: 20 },
    });
    try {
      const script = fileURLToPath(new URL("oracle/polymarket_client.py", import.meta.url));
      const rest = new URL("/", simulator.url.replace("ws:", "http:")).href.slice(0, -1);
      const { code, stdout, stderr } = await new Deno.Command("python3", {
        args: ["-B", script, rest, simulator.url],
      }).output();
      const text = new TextDecoder();
      assert.equal(code, 0, text.decode(stderr));
      const counts = JSON.parse(text.decode(stdout)) as Record<string, number>;
      assert.deepEqual([counts["tokens"], counts["arrays"]], [3, 1]);
      assert.equal(counts["hashes"], counts["price_change"]);
    } finally {
      await simulator.close();
    }
  },
});
