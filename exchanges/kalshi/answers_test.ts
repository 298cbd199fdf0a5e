import assert from "node:assert/strict";
import type { Gap } from "@ssmd/market";
import { feed } from "../_normalizer_fixtures.ts";
import { ackFrame, brief, kalshiNormalizer, numbered, snapshotFrame } from "./test_frames.ts";

const A = "KXA-26AUG01-T1.5";
const SPECS = [A, "KXB-26AUG01"].map((external) => ({ symbol: external, external }));

Deno.test("a venue that has forgotten a subscription is connected to anew, with a gap of all since its last data", () => {
  const normalizer = kalshiNormalizer(SPECS);
  normalizer.connected(1);
  feed(normalizer, ackFrame("orderbook_delta", 1), 2);
  feed(normalizer, snapshotFrame(1, 1, A, [["0.4000", "5.00"]], []), 3);
  const [requested = ""] = normalizer.doubt("orderbook", A, 3, 70).send;
  const { id, params } = JSON.parse(requested);
  assert.deepEqual([params.action, params.sid], ["get_snapshot", 1]);
  const refusal = { id, type: "error", msg: { code: 7, msg: "Unknown subscription ID" } };
  const { events, notice } = feed(normalizer, JSON.stringify(refusal), 71);
  assert.ok(notice?.type === "refused" && notice.terminal);
  const [gap] = events as Gap[];
  assert.deepEqual(brief(events), ["gap disconnect _all"]);
  assert.deepEqual([gap?.fromUs, gap?.channel], [3, "all"]);
  const [again] = normalizer.disconnected(71, 72, { why: "Reconnect." }) as Gap[];
  assert.equal(again?.fromUs, 3, "the gap goes on from its start");
});

Deno.test("a market that is determined is silent for good, and not asked for", () => {
  const normalizer = kalshiNormalizer(SPECS);
  normalizer.connected(1);
  feed(normalizer, ackFrame("orderbook_delta", 1), 2);
  feed(normalizer, snapshotFrame(1, 1, A, [["0.4000", "5.00"]], []), 3);
  const step = { market_ticker: A, event_type: "determined", result: "no" };
  feed(normalizer, numbered("market_lifecycle_v2", 4, 1, step), 4);
  assert.deepEqual(normalizer.doubt("orderbook", A, 3, 70), { events: [], send: [] });
});

Deno.test("a refusal in another's recording is a gap of a moment where nobody knows of what it is", () => {
  const specs = SPECS.map((spec) => ({ ...spec, isOrderUnknown: true as const }));
  const normalizer = kalshiNormalizer(specs);
  normalizer.connected(1);
  const error = (id: number, code: number) =>
    feed(normalizer, JSON.stringify({ id, type: "error", msg: { code, msg: "no" } }), 5);
  const { events, notice } = error(2, 27);
  assert.deepEqual(brief(events), ["gap subscription _all"]);
  const [gap] = events as Gap[];
  assert.deepEqual([gap?.channel, gap?.fromUs, gap?.toUs, gap?.recovered], ["all", 5, 5, false]);
  assert.ok(notice?.type === "refused" && notice.isForeign);
  for (const code of [8, 12]) {
    assert.deepEqual(error(3, code).events, [], "nothing of ours is lost");
  }
  assert.deepEqual(normalizer.tick(60_000_000), { events: [], send: [] });
  const ours = kalshiNormalizer(SPECS);
  ours.connected(1);
  const refused = feed(ours, JSON.stringify({ type: "error", msg: { code: 27, msg: "no" } }), 5);
  assert.deepEqual(refused.events, [], "what we asked for is late by itself");
});
