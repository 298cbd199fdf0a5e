import assert from "node:assert/strict";
import type { OrderBookUpdate } from "@ssmd/market";
import { feed } from "../_normalizer_fixtures.ts";
import { kalshiNormalizer, snapshotFrame } from "./test_frames.ts";

/** A range of prices in hundredths of a cent: start, end, step. */
type Range = readonly [start: number, end: number, step: number];

/** Tick-size structures of the venue. */
const STRUCTURES: Record<string, readonly Range[]> = {
  linear_cent: [[0, 10_000, 100]],
  deci_cent: [[0, 10_000, 10]],
  tapered_deci_cent: [[0, 1_000, 10], [1_000, 9_000, 100], [9_000, 10_000, 10]],
  center_deci_cent: [[0, 4_000, 100], [4_000, 6_000, 10], [6_000, 10_000, 100]],
  centi_cent: [[0, 10_000, 1]],
};

/** All prices between 0 and 1 dollar of a structure, in hundredths of a cent. */
function ticksOf(ranges: readonly Range[]): number[] {
  const ticks = new Set<number>();
  for (const [start, end, step] of ranges) {
    for (let price = start; price <= end; price += step) ticks.add(price);
  }
  return [...ticks].filter((price) => price > 0 && price < 10_000).sort((a, b) => a - b);
}

function textOf(price: number): string {
  return `0.${String(price).padStart(4, "0")}`;
}

for (const [name, ranges] of Object.entries(STRUCTURES)) {
  Deno.test(`every NO bid of ${name} is an ask at exactly one minus its price`, () => {
    const ticks = ticksOf(ranges);
    const levels = ticks.map((price) => [textOf(price), "1.00"] as const);
    const { events } = feed(kalshiNormalizer(), snapshotFrame(1, 1, "KXT", levels, levels));
    const [book] = events as OrderBookUpdate[];
    const asks = book?.asks.map((level) => level.price) ?? [];
    // The decimal text is subtracted digit by digit here, as whole numbers.
    const expected = ticks.toReversed().map((price) => Number(textOf(10_000 - price)));
    assert.deepEqual(asks, expected);
    assert.deepEqual(
      asks.map((price) => price.toFixed(4)),
      ticks.toReversed().map((price) => textOf(10_000 - price)),
    );
    assert.deepEqual(
      book?.bids.map((level) => level.price),
      ticks.toReversed().map((price) => Number(textOf(price))),
    );
  });
}

Deno.test("prices of six decimals are exact as well", () => {
  const { events } = feed(
    kalshiNormalizer(),
    snapshotFrame(1, 1, "KXT", [["0.000001", "1.00"]], [["0.333333", "1.00"], [
      "0.999999",
      "0.01",
    ]]),
  );
  const [book] = events as OrderBookUpdate[];
  assert.deepEqual(
    book?.asks.map((level) => String(level.price)),
    ["0.000001", "0.666667"].map(
      (text) => String(Number(text)),
    ),
  );
});
