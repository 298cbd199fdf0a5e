import assert from "node:assert/strict";
import { brief, krakenNormalizer, snapshotFrame } from "./test_frames.ts";
import { Translator } from "../translator.ts";

Deno.test("kraken: a frame that cannot be read loses the books whose checksum is of their best levels only", () => {
  const normalizer = krakenNormalizer([
    { symbol: "BTCUSD", external: "BTC/USD", depth: 25 },
    { symbol: "ETHUSD", external: "ETH/USD", depth: 10 },
  ]);
  normalizer.connected(1);
  const translator = new Translator("kraken", normalizer, { lastUs: 1 });
  const book = (symbol: string) => snapshotFrame(symbol, [["10.5", "1.00"]], [["10.6", "2.00"]]);
  const [, , lost, healed] = [
    ...[book("BTC/USD"), book("ETH/USD"), '{"channel":"book","type":"upd', book("BTC/USD")],
  ].map((text, i) => translator.line({ kind: "frame", atUs: i + 2, text }));
  assert.deepEqual(brief(lost?.events ?? []), ["gap parse _all", "gap parse BTCUSD"]);
  assert.deepEqual(brief(healed?.events ?? []), [
    "gap parse BTCUSD recovered",
    "snapshot BTCUSD",
  ]);
});
