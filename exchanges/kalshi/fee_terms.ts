import { isDeepStrictEqual } from "node:util";
import type { InstrumentVersion } from "@ssmd/metadata";
import { isoOfUs, usOfIso } from "@ssmd/runtime";
import { objectOf, timeOf } from "./rest_answers.ts";

type Fees = NonNullable<InstrumentVersion["fees"]>;

/** Fields of a series (`GET /series`) that we read; its markets share them. */
export interface KalshiSeries {
  ticker: string;
  fee_type?: unknown;
  fee_multiplier?: unknown;
}

/** Fees of a series from a time on. */
export interface FeeChange {
  /** Series ticker. */
  series: string;
  /** ISO time. */
  from: string;
  /** Fees from then on. */
  fees: Fees;
}

/** Parses a change of `GET /series/fee_changes`; undefined when invalid. */
export function feeChangeOf(json: unknown): FeeChange | undefined {
  const { series_ticker: series, scheduled_ts: scheduled, ...terms } = objectOf(json) ?? {};
  const fees = feesOf(terms);
  const us = usOfIso(String(scheduled));
  if (typeof series !== "string" || !(us > 0) || fees === undefined) return undefined;
  return { series, from: timeOf(scheduled) ?? isoOfUs(us), fees };
}

/** Fees of a series or of a change; undefined = none stated. */
function feesOf(terms: Partial<KalshiSeries> | undefined): Fees | undefined {
  const { fee_type: type, fee_multiplier: multiplier } = terms ?? {};
  if (typeof type !== "string" || type === "") return undefined;
  return { type, ...(typeof multiplier === "number" ? { multiplier: String(multiplier) } : {}) };
}

/**
 * Returns a market's fees and their changes up to its end (ISO time; undefined = not over). The
 * series' current fees do not apply to a market that ended before the last change.
 */
export function marketFees(
  series: KalshiSeries | undefined,
  changes: readonly FeeChange[],
  { known, end }: { known: string; end: string | undefined },
): Pick<InstrumentVersion, "fees" | "fee_changes"> {
  const upTo = (iso: string) => changes.filter(({ from }) => usOfIso(from) <= usOfIso(iso));
  const passed = upTo(known);
  const now = feesOf(series);
  const newest = passed.at(-1);
  // A list that contradicts the series is not used for the past.
  const isSound = newest === undefined || isDeepStrictEqual(newest.fees, now);
  const sound = isSound ? changes : changes.slice(passed.length);
  const own = end === undefined ? sound : upTo(end).filter((each) => sound.includes(each));
  const isOfAfter = end !== undefined && newest !== undefined && !upTo(end).includes(newest);
  const fees = isOfAfter ? own.at(-1)?.fees : now;
  return {
    ...(fees === undefined ? {} : { fees }),
    ...(own.length === 0
      ? {}
      : { fee_changes: own.map(({ from, fees: changed }) => ({ from, ...changed })) }),
  };
}
