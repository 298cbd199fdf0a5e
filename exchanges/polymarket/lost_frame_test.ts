import assert from "node:assert/strict";
import type { CapturedLine } from "../captured_line.ts";
import type { Normalizer } from "../adapter.ts";
import {
  AT_US,
  bookOf,
  brief,
  changeOf,
  changesFrame,
  connectedNormalizer,
  MARKET,
  NO,
  YES,
} from "./test_frames.ts";
import { Translator } from "../translator.ts";

const TRUNCATED = '{"market":"0xefa17d","price_changes":[{"asset_id":"33339';
const BOOKS = [bookOf(YES, [["0.4", "1"]], [["0.6", "2"]]), bookOf(NO, [["0.4", "2"]], [])];

function translate(normalizer: Normalizer, frames: readonly (string | Uint8Array)[]) {
  const translator = new Translator("polymarket", normalizer, { lastUs: AT_US });
  return frames.map((frame, i) => {
    const atUs = AT_US + i;
    const line: CapturedLine = typeof frame === "string"
      ? { kind: "frame", atUs, text: frame }
      : { kind: "binary", atUs, bytes: frame };
    return translator.line(line);
  });
}

Deno.test("polymarket: a frame that cannot be read may have changed any book of a venue without a sequence", () => {
  const orphan = { market: MARKET, event_type: "book", bids: [], asks: [] };
  const nameless = { ...changesFrame([changeOf(YES, ["BUY", "0.4", "3"], ["", ""])]) };
  delete nameless["event_type"];
  const frames = [
    TRUNCATED,
    Uint8Array.of(0, 0xff),
    JSON.stringify(orphan),
    JSON.stringify(nameless),
  ];
  for (const frame of frames) {
    const normalizer = connectedNormalizer();
    const [, lost, healed] = translate(normalizer, [
      ...[JSON.stringify(BOOKS), frame, JSON.stringify(BOOKS)],
    ]);
    assert.deepEqual(brief(lost?.events ?? []).toSorted(), [
      "gap RAIN-NO orderbook parse open",
      "gap RAIN-YES orderbook parse open",
      `gap _all ${
        frame === JSON.stringify(orphan) || frame === JSON.stringify(nameless) ? "orderbook" : "all"
      } parse`,
    ]);
    assert.deepEqual(lost?.send.map((text) => JSON.parse(text).operation), [
      "unsubscribe",
      "subscribe",
    ]);
    assert.deepEqual(brief(healed?.events ?? []).slice(0, 2), [
      "gap RAIN-YES orderbook parse recovered",
      "snapshot RAIN-YES",
    ]);
    assert.equal(normalizer.snapshots().length, 2);
  }
});

Deno.test("polymarket: words that are no data leave its books as they are", () => {
  for (const words of ["INVALID OPERATION", "<html>502 Bad Gateway</html>"]) {
    const normalizer = connectedNormalizer();
    const [, said] = translate(normalizer, [JSON.stringify(BOOKS), words]);
    assert.deepEqual(brief(said?.events ?? []), ["gap _all all parse"]);
    assert.equal(normalizer.snapshots().length, 2);
  }
});
