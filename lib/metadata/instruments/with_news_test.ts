import assert from "node:assert/strict";
import type { InstrumentFile } from "./instrument_file.ts";
import { withNews } from "./with_news.ts";

function saying(name: string, more: object = {}): InstrumentFile {
  const at = "2026-11-01";
  return {
    ...{ id: "BTCUSD", name, asset_class: "crypto" },
    versions: [{ effective: at, known: at, state: "open", ...more }],
    mappings: [{ feed: "kraken", external: "BTC/USD", from: at, known: at }],
  };
}

Deno.test("only what is new becomes a version, whenever it is told", () => {
  const known = saying("Bitcoin");
  assert.equal(withNews(known, saying("Bitcoin", { known: "2026-11-02" })), undefined);
  const halted = withNews(known, saying("Bitcoin", { known: "2026-11-02", state: "halted" }));
  assert.deepEqual(halted?.versions.map(({ state }) => state), ["open", "halted"]);
  assert.equal(known.versions.length, 1, "what was known is not changed");
});

Deno.test("a name for people is not lost to a venue that has none, another one is taken over", () => {
  assert.equal(withNews(saying("Bitcoin"), saying("BTC/USD")), undefined);
  assert.equal(
    withNews(saying("Bitcoin"), saying("BTC/USD", { state: "halted" }))?.name,
    "Bitcoin",
  );
  assert.equal(
    withNews(saying("Bitcoin"), saying("Bitcoin / US dollar"))?.name,
    "Bitcoin / US dollar",
  );
});

Deno.test("what a venue tells apart from a market stays until it is told again", () => {
  const fees = { type: "quadratic", multiplier: "1" };
  const event = { title: "A title", last_updated_ts: "2026-11-01" };
  const known = saying("Bitcoin", { fees, venue: { event, status: "active" } });
  assert.equal(withNews(known, saying("Bitcoin", { venue: { status: "active" } })), undefined);
  const touched = { ...event, last_updated_ts: "2026-11-02" };
  const again = saying("Bitcoin", { venue: { event: touched, status: "active" } });
  assert.equal(withNews(known, again), undefined);
  const closed = withNews(known, saying("Bitcoin", { venue: { status: "closed" } }));
  assert.deepEqual(closed?.versions[1]?.venue, { event, status: "closed" });
  assert.deepEqual(closed?.versions[1]?.fees, fees);
  const retitled = { ...event, title: "Another" };
  const other = withNews(
    known,
    saying("Bitcoin", { venue: { event: retitled, status: "active" } }),
  );
  assert.deepEqual(other?.versions[1]?.venue?.["event"], retitled);
});
