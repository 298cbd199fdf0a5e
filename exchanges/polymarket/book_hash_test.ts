import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { OrderBookUpdate } from "@ssmd/market";
import {
  AT_US,
  bookOf,
  brief,
  changeOf,
  changesFrame,
  connectedNormalizer,
  feed,
  MARKET,
  SPECS,
  YES,
} from "./test_frames.ts";

const SECOND_US = 1_000_000;
type Levels = readonly (readonly [string, string])[];

/** As the venue sums up a book. */
function hashOf(
  bids: Levels,
  asks: Levels,
  lastPrice = "0.400",
  { minOrderSize = "5", token = YES } = {},
): string {
  const side = (levels: Levels) => levels.map(([price, size]) => ({ price, size }));
  return createHash("sha1").update(JSON.stringify({
    ...{ market: MARKET, asset_id: token, timestamp: "1790491136945", hash: "" },
    ...{ bids: side(bids), asks: side(asks), min_order_size: minOrderSize },
    ...{ tick_size: "0.01", neg_risk: false, last_trade_price: lastPrice },
  })).digest("hex");
}

const BIDS: Levels = [["0.3", "7"], ["0.4", "1.5"]];
const ASKS: Levels = [["0.6", "20.25"], ["0.5", "8"]];
const TERMS = { tick_size: "0.01", last_trade_price: "0.400" };

function firstBook(hash = hashOf(BIDS, ASKS)) {
  return { ...bookOf(YES, BIDS, ASKS), ...TERMS, hash };
}

/** A change of the deepest bid; best prices say nothing of it. */
function deepChange(size: string, hash: string) {
  return changesFrame([{ ...changeOf(YES, ["BUY", "0.3", size], ["0.4", "0.5"]), hash }]);
}

function checksumsOf(events: readonly unknown[]): string[] {
  return (events as OrderBookUpdate[]).map(({ checksum }) => checksum);
}

Deno.test("polymarket: a first book with another level than the venue's is not verified", () => {
  const other = { ...firstBook(), ...bookOf(YES, [["0.3", "7.1"], ["0.4", "1.5"]], ASKS) };
  const { events } = feed(connectedNormalizer([SPECS[0]] as never), {
    ...other,
    ...TERMS,
    hash: hashOf(BIDS, ASKS),
  });
  assert.deepEqual(checksumsOf(events), ["unverified"]);
});

Deno.test("polymarket: a changed book is verified every few seconds, whatever the last price is", () => {
  const normalizer = connectedNormalizer([SPECS[0]] as never);
  assert.deepEqual(checksumsOf(feed(normalizer, firstBook()).events), ["verified"]);
  const change = (size: string, price: string, atUs: number) => {
    const hash = hashOf([["0.3", size], ["0.4", "1.5"]], ASKS, price);
    return checksumsOf(feed(normalizer, deepChange(size, hash), atUs).events);
  };
  // A trade that the channel has not told yet is in the sum.
  assert.deepEqual(change("9", "0.455", AT_US + 1), ["verified"]);
  assert.deepEqual(change("10", "0.455", AT_US + SECOND_US), ["unverified"]);
  assert.deepEqual(change("11", "0.455", AT_US + 6 * SECOND_US), ["verified"]);
});

Deno.test("polymarket: a change that is missing deep in the book shows in the hashes, and is a gap", () => {
  const normalizer = connectedNormalizer([SPECS[0]] as never);
  feed(normalizer, firstBook());
  feed(normalizer, deepChange("9", hashOf([["0.3", "9"], ["0.4", "1.5"]], ASKS)), AT_US + 1);
  // The venue's book has a level at 0.2 that was never told.
  const venue = (size: string): Levels => [["0.2", "4"], ["0.3", size], ["0.4", "1.5"]];
  const found: string[] = [];
  let atUs = AT_US;
  for (let i = 10; i < 40 && found.length === 0; i++) {
    atUs = AT_US + i * SECOND_US;
    const { events } = feed(
      normalizer,
      deepChange(String(i), hashOf(venue(String(i)), ASKS)),
      atUs,
    );
    found.push(...brief(events).filter((each) => each.startsWith("gap")));
    if (found.length > 0) assert.equal((events[0] as { fromUs: number }).fromUs, AT_US + 1);
  }
  assert.deepEqual(found, ["gap RAIN-YES orderbook checksum open"]);
  const healed = feed(normalizer, firstBook(), atUs + 1).events;
  assert.deepEqual(brief(healed).slice(0, 2), [
    "gap RAIN-YES orderbook checksum recovered",
    "snapshot RAIN-YES",
  ]);
  assert.deepEqual(checksumsOf(healed.slice(1, 2)), ["verified"]);
});

Deno.test("polymarket: hashes that never were equal are no loss, and one that is ahead is none", () => {
  const normalizer = connectedNormalizer([SPECS[0]] as never);
  feed(normalizer, firstBook());
  for (let i = 1; i < 60; i++) {
    const { events } = feed(normalizer, deepChange(String(i), "00"), AT_US + i * SECOND_US);
    assert.deepEqual(brief(events), ["delta RAIN-YES"]);
  }
  // Terms that are not usual cannot be found, so nothing is checked.
  const strange = hashOf(BIDS, ASKS, "0.400", { minOrderSize: "7" });
  assert.deepEqual(checksumsOf(feed(normalizer, firstBook(strange), AT_US + 61e6).events), [
    "unverified",
  ]);
  const proven = connectedNormalizer([SPECS[0]] as never);
  feed(proven, firstBook());
  for (let i = 1; i < 60; i++) {
    const own = hashOf([["0.3", String(i)], ["0.4", "1.5"]], ASKS);
    const { events } = feed(proven, deepChange(String(i), i % 2 ? own : "00"), AT_US + i * 6e6);
    assert.deepEqual(checksumsOf(events), [i % 2 ? "verified" : "unverified"]);
  }
});

Deno.test("polymarket: of a book that was proven, a first book with another hash is refused once", () => {
  const normalizer = connectedNormalizer([SPECS[0]] as never);
  feed(normalizer, firstBook());
  feed(normalizer, deepChange("9", hashOf([["0.3", "9"], ["0.4", "1.5"]], ASKS)), AT_US + 1);
  const wrong = feed(normalizer, firstBook("00"), AT_US + 2);
  assert.deepEqual(brief(wrong.events), ["gap RAIN-YES orderbook checksum open"]);
  assert.equal(wrong.send.length, 2);
  // Where the recipe is another one from now on, the book goes on without the check.
  const again = feed(normalizer, firstBook("00"), AT_US + 3).events;
  assert.deepEqual(brief(again).slice(0, 2), [
    "gap RAIN-YES orderbook checksum recovered",
    "snapshot RAIN-YES",
  ]);
});

const TOKENS = Array.from({ length: 50 }, (_, i) => String(1000 + i));

/** Changes of all tokens in each second: the gaps, and how many searches found nothing. */
function secondsOfChanges(seconds: number, hashAt: (i: number, second: number) => string) {
  const specs = TOKENS.map((external) => ({ symbol: external, external }));
  const normalizer = connectedNormalizer(specs as never);
  for (const token of TOKENS) {
    const hash = hashOf(BIDS, ASKS, "0.400", { token });
    feed(normalizer, { ...bookOf(token, BIDS, ASKS), ...TERMS, hash });
  }
  const gaps: string[] = [];
  for (let second = 1; second <= seconds; second++) {
    for (const [i, token] of TOKENS.entries()) {
      const change = changeOf(token, ["BUY", "0.3", String(second)], ["0.4", "0.5"]);
      const frame = changesFrame([{ ...change, hash: hashAt(i, second) }]);
      const { events } = feed(normalizer, frame, AT_US + second * SECOND_US + i * 20_000);
      gaps.push(...brief(events).filter((each) => each.startsWith("gap")));
    }
  }
  const { books } = normalizer.state() as { books: { hash: { unequal: number } }[] };
  return { gaps, unequal: books.reduce((sum, { hash }) => sum + hash.unequal, 0) };
}

Deno.test("polymarket: of all books of a connection ten a second are searched, whatever their hashes are", () => {
  const { gaps, unequal } = secondsOfChanges(10, () => "00");
  assert.deepEqual(gaps, []);
  assert.ok(unequal > 50 && unequal <= 100, `${unequal} searches`);
});

Deno.test("polymarket: a lost book is found among others that all have other prices each second", () => {
  const lost = 25;
  const { gaps } = secondsOfChanges(60, (i, second) => {
    const bids: Levels = [["0.3", String(second)], ["0.4", i === lost && second > 9 ? "2" : "1.5"]];
    const price = (0.4 + second / 1000).toFixed(3);
    return hashOf(bids, ASKS, price, { token: TOKENS[i] ?? "" });
  });
  assert.deepEqual(gaps, [`gap ${TOKENS[lost]} orderbook checksum open`]);
});

Deno.test("polymarket: a price that was told needs no search", () => {
  const normalizer = connectedNormalizer([SPECS[0]] as never);
  feed(normalizer, firstBook());
  const trade = {
    ...{ market: MARKET, asset_id: YES, price: "0.4321", size: "5", side: "BUY" },
    ...{ timestamp: "1790491136945", event_type: "last_trade_price", transaction_hash: "0x1" },
  };
  feed(normalizer, trade, AT_US + 1);
  const hash = hashOf([["0.3", "9"], ["0.4", "1.5"]], ASKS, "0.4321");
  assert.deepEqual(checksumsOf(feed(normalizer, deepChange("9", hash), AT_US + 2).events), [
    "verified",
  ]);
});

Deno.test("polymarket: the check goes on in a normalizer from another's state", () => {
  const [first, second] = [connectedNormalizer(), connectedNormalizer()];
  feed(first, firstBook());
  second.restore(JSON.parse(JSON.stringify(first.state())));
  const change = deepChange("9", hashOf([["0.3", "9"], ["0.4", "1.5"]], ASKS, "0.123"));
  assert.deepEqual(feed(second, change, AT_US + 1), feed(first, change, AT_US + 1));
  assert.deepEqual(second.state(), first.state());
});
