import type { BacktestResult } from "@ssmd/signals";
import { SsmdError } from "@ssmd/runtime/errors";
import { countText } from "../format.ts";

/** Returns why a backtest's fires are not all that there could be; undefined when they are. */
export function failureOf(
  { info, reports, quarantined: [quarantined], instances, firstUs }: BacktestResult,
): SsmdError | undefined {
  const { id } = info;
  if (quarantined !== undefined) {
    return new SsmdError(
      "SIGNAL_QUARANTINED",
      `${id} was stopped before the end: ${quarantined.reason}`,
      { hint: `Its fires end there; ssmd signal check ${id} says more` },
    );
  }
  const errors = reports.filter(({ kind }) => kind === "error");
  const [first] = errors;
  const isEmpty = firstUs === null || instances === 0;
  if (first === undefined) return isEmpty ? emptyOf(info) : undefined;
  const markets = new Set(errors.map(({ feed, symbol }) => `${feed} ${symbol}`)).size;
  return new SsmdError(
    "SIGNAL_THREW",
    `${id} threw on ${markets} of ${countText(instances, "market")} and fired no more there, ` +
      `first on ${first.feed} ${first.symbol}: ${first.message}`,
    { hint: "Rows named problem list each; --step shows the state before it" },
  );
}

/** Without a record a signal cannot fire: zero fires say nothing about it. */
function emptyOf({ id, feeds, symbols }: BacktestResult["info"]): SsmdError {
  return new SsmdError(
    "BACKTEST_EMPTY",
    `There are no records here of what ${id} watches: ${symbols.join(", ")} of ${feeds.join(", ")}`,
    { hint: "ssmd data inventory lists the days and feeds that are there" },
  );
}
