import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { VenueError } from "@ssmd/runtime";
import { normalizerFor, translatorOf, venueNamed } from "./captured_connection.ts";

const CAPTURE = { venue: "kalshi", feed: "kalshi", symbols: [] };

Deno.test("translatorOf() takes the wire format of the connection's first day", () => {
  const kalshi = venueNamed("kalshi");
  assert.equal(normalizerFor(kalshi, { day: "2026-03-11" }).id, "kalshi-2026-01");
  assert.equal(normalizerFor(kalshi, { day: "2026-03-12" }).id, "kalshi-2026-03-12");
});

Deno.test("a normalizer that is named by id or by a day takes the place of the day's", () => {
  const kalshi = venueNamed("kalshi");
  const on = (normalizer: string) => normalizerFor(kalshi, { day: "2026-08-01", normalizer }).id;
  assert.equal(on("kalshi-2021"), "kalshi-2021");
  assert.equal(on("2025-01-01"), "kalshi-2021");
  assert.equal(on("2026-08-01"), "kalshi-2026-03-12");
});

Deno.test("an unknown venue or normalizer is refused with what was meant", () => {
  const code = (code: string, hint: RegExp) => (error: unknown) =>
    error instanceof VenueError && error.code === code && hint.test(error.hint);
  const day = "2026-08-01";
  assert.throws(
    () => translatorOf({ ...CAPTURE, venue: "kalshy" }, { day }),
    code("VENUE_UNKNOWN", /kalshi/),
  );
  assert.throws(
    () => translatorOf(CAPTURE, { day, normalizer: "kalshi-2020" }),
    code("NO_NORMALIZER", /Did you mean "kalshi-2021"/),
  );
  assert.throws(() => translatorOf(CAPTURE, { day: "2020-01-01" }), code("NO_NORMALIZER", /2021/));
  assert.throws(() => venueNamed("constructor"), code("VENUE_UNKNOWN", /kraken/));
});

Deno.test("a line gives the same records parsed and unparsed, and damage gives a gap", () => {
  const text = `{"type":"subscribed","id":1,"msg":{"channel":"trade","sid":1}}`;
  const line = { kind: "frame", atUs: 5, text } as const;
  const parsed = translatorOf(CAPTURE, { day: "2026-08-01" });
  const unparsed = translatorOf(CAPTURE, { day: "2026-08-01" });
  assert.deepEqual(unparsed.line(line), parsed.line({ ...line, json: JSON.parse(text) }));
  const bytes = new TextEncoder().encode(`{"type":`);
  const [gap] = parsed.line({ kind: "binary", atUs: 6, bytes }).events;
  const [same] = unparsed.line({ kind: "frame", atUs: 6, text: `{"type":` }).events;
  assert.ok(gap?.type === "gap" && gap.reason === "parse" && gap.detail.startsWith("no JSON"));
  assert.deepEqual(same, gap);
});

Deno.test("a frame in its line gives the records of its text, scanned or not", () => {
  const trade = `{"type":"trade","sid":1,"seq":1,"msg":{"trade_id":"957ed958-1",` +
    `"market_ticker":"KXTEST-26AUG01-T1","yes_price_dollars":"0.4400","no_price_dollars":"0.5600",` +
    `"count_fp":"1.50","taker_side":"yes","taker_outcome_side":"yes","taker_book_side":"bid",` +
    `"is_block_trade":false,"ts":1785542401,"ts_ms":1785542401123}}`;
  const texts = [
    `{"type":"subscribed","id":1,"msg":{"channel":"trade","sid":1}}`,
    trade,
    trade.replace(`"seq":1`, `"seq": 2`).replace("58-1", "58-é"),
    `{"type":`,
  ];
  for (const day of ["2025-01-01", "2026-02-01", "2026-08-01"]) {
    const inLines = translatorOf(CAPTURE, { day });
    const inTexts = translatorOf(CAPTURE, { day });
    const lines = Buffer.from(texts.map((text) => `{"m":${text}}\n`).join(""));
    let start = 5;
    texts.forEach((text, atUs) => {
      const end = start + Buffer.byteLength(text);
      const result = inLines.line({ kind: "line", atUs, lines, start, end });
      assert.deepEqual(result, inTexts.line({ kind: "frame", atUs, text }));
      start = end + 7;
    });
  }
});
