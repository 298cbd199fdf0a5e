import assert from "node:assert/strict";
import { isBreak } from "@ssmd/market";
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
