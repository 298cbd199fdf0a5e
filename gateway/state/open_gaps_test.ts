import assert from "node:assert/strict";
import { type GapChannel, openGap, recoveredGap } from "@ssmd/market";
import { isAboutBook, OpenGaps } from "./open_gaps.ts";

const NEWS = { feed: "kraken", symbol: "ETHUSD", fromUs: 1, atUs: 2, missed: null, detail: "" };
const missing = (channel: GapChannel) => openGap({ ...NEWS, reason: "subscription", channel });

Deno.test("the end of a gap of tickers leaves that of trades open", () => {
  const gaps = new OpenGaps();
  gaps.take(missing("trade"));
  gaps.take(missing("ticker"));
  gaps.take(recoveredGap(missing("ticker"), 3));
  assert.equal(gaps.worst?.channel, "trade");
});

Deno.test("a snapshot ends what was open of the book, and nothing of trades", () => {
  const gaps = new OpenGaps();
  gaps.take(missing("trade"));
  gaps.take(openGap({ ...NEWS, reason: "checksum", channel: "orderbook" }));
  assert.equal(gaps.worst?.reason, "checksum");
  gaps.endBook();
  assert.equal(gaps.worst?.channel, "trade");
});

Deno.test("missing trades and a suspect clock leave the book alone", () => {
  const clock = openGap({ ...NEWS, reason: "clock" });
  assert.deepEqual([missing("trade"), clock, missing("orderbook")].map(isAboutBook), [
    ...[false, false, true],
  ]);
});
