import { isDeepStrictEqual } from "node:util";
import type { InstrumentVersion } from "@ssmd/metadata";
import { isoOfUs, usOfIso } from "@ssmd/runtime";
import { objectOf, timeOf } from "./rest_answers.ts";

type Fees = NonNullable<InstrumentVersion["fees"]>;

/** What REST says of a series (`GET /series`) that its markets share, with the fields that we read. */
export interface KalshiSeries {
  ticker: string;
  fee_type?: unknown;
  fee_multiplier?: unknown;
}

/** Fees of a series from a time on, as the venue lists them. */
export interface FeeChange {
  /** Of the series. */
  series: string;
  /** ISO time. */
  from: string;
  /** From then on. */
  fees: Fees;
}

/** A change that REST lists (`GET /series/fee_changes`); undefined when it is none. */
export function feeChangeOf(json: unknown): FeeChange | undefined {
  const { series_ticker: series, scheduled_ts: scheduled, ...terms } = objectOf(json) ?? {};
  const fees = feesOf(terms);
  const us = usOfIso(String(scheduled));
  if (typeof series !== "string" || !(us > 0) || fees === undefined) return undefined;
  return { series, from: timeOf(scheduled) ?? isoOfUs(us), fees };
}

/** What trading costs, as REST says it of a series or of a change; undefined = it does not. */
function feesOf(terms: Partial<KalshiSeries> | undefined): Fees | undefined {
  const { fee_type: type, fee_multiplier: multiplier } = terms ?? {};
  if (typeof type !== "string" || type === "") return undefined;
  return { type, ...(typeof multiplier === "number" ? { multiplier: String(multiplier) } : {}) };
}

/**
 * The fees of a market by its series, and their changes up to the market's end (ISO time; undefined =
 * not over). What the series says now is of after the end of a market that was over at a change.
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
  // A list that contradicts the series is of no use for what has passed.
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
