import assert from "node:assert/strict";
import { SecurityMaster, usOfInstant } from "@ssmd/metadata";
import { type FeeChange, feeChangeOf, marketFees } from "./fee_terms.ts";
import { kalshiInstrument } from "./market_terms.ts";

const FEED = "kalshi";
const series = (fee_multiplier: number) => ({
  ticker: "KXA",
  fee_type: "quadratic",
  fee_multiplier,
});
const change = (scheduled_ts: string, multiplier: number): FeeChange => {
  const { ticker: series_ticker, ...fees } = series(multiplier);
  const read = feeChangeOf({ id: "1", series_ticker, ...fees, scheduled_ts });
  assert.ok(read);
  return read;
};
const usOf = (text: string) => usOfInstant(text) ?? NaN;

/** The multiplier that the security master answers for a market, as of and known at a time. */
function asOf(
  syncs: { known: string; multiplier: number; changes: FeeChange[]; more?: object }[],
  asOfText: string,
  knownAt = "2027-01-01",
): string | undefined {
  const master = new SecurityMaster();
  const versions = syncs.flatMap(({ known, multiplier, changes, more }) =>
    kalshiInstrument(
      {
        ...{ ticker: "KXA-1-X", event_ticker: "KXA-1", status: "active" },
        ...{ updated_time: "2026-01-01T00:00:00Z", created_time: "2026-01-01T00:00:00Z", ...more },
      },
      { feed: FEED, known, series: series(multiplier), feeChanges: changes },
    ).versions
  );
  master.put({ id: "KXA-1-X", name: "A", asset_class: "event", versions, mappings: [] });
  const at = { asOfUs: usOf(asOfText), knownAtUs: usOf(knownAt) };
  return master.versionAt("KXA-1-X", at)?.fees?.multiplier;
}

Deno.test("fees that change on a day are those of the day that is asked for, as known then", () => {
  const changes = [change("2026-03-01T00:00:00Z", 0.5), change("2026-09-01T00:00:00Z", 2)];
  const syncs = [
    { known: "2026-02-01T00:00:00Z", multiplier: 1, changes: [] },
    { known: "2026-06-01T00:00:00Z", multiplier: 0.5, changes },
  ];
  assert.equal(asOf(syncs, "2026-10-01"), "2");
  assert.equal(asOf(syncs, "2026-09-01"), "2");
  assert.equal(asOf(syncs, "2026-08-31"), "0.5");
  assert.equal(asOf(syncs, "2026-03-01"), "0.5");
  assert.equal(asOf(syncs, "2026-10-01", "2026-02-01"), "1", "nobody knew of a change");
  assert.equal(asOf(syncs.slice(1), "2026-02-28"), undefined, "nobody told what it was before");
  const toCome = [{ known: "2026-02-01T00:00:00Z", multiplier: 1, changes }];
  assert.equal(asOf(toCome, "2026-02-28"), "1", "no change had passed when that was told");
});

Deno.test("a market that is over has the fees of its life, whatever the series says since", () => {
  const changes = [change("2026-03-01T00:00:00Z", 0.5), change("2026-09-01T00:00:00Z", 2)];
  const more = { status: "finalized", close_time: "2026-04-01T00:00:00Z" };
  const over = [{ known: "2026-10-01T00:00:00Z", multiplier: 2, changes, more }];
  assert.equal(asOf(over, "2026-12-01"), "0.5");
  const early = { known: "2026-10-01T00:00:00Z", end: "2026-02-01T00:00:00Z" };
  assert.deepEqual(marketFees(series(2), changes, early), {}, "nobody told what it was");
});

Deno.test("a list that contradicts the series is not believed for what has passed", () => {
  const changes = [change("2026-03-01T00:00:00Z", 0.5), change("2026-09-01T00:00:00Z", 2)];
  const known = { known: "2026-06-01T00:00:00Z", end: undefined };
  assert.deepEqual(marketFees(series(7), changes, known), {
    fees: { type: "quadratic", multiplier: "7" },
    fee_changes: [{ from: "2026-09-01T00:00:00Z", type: "quadratic", multiplier: "2" }],
  });
  for (const none of [null, {}, { series_ticker: "KXA", scheduled_ts: "soon", fee_type: "flat" }]) {
    assert.equal(feeChangeOf(none), undefined);
  }
});
