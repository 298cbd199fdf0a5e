import type { Environment } from "./environment.ts";
import type { InstrumentFile } from "./instruments/instrument_file.ts";

/** A rule that selects markets. */
export type Selector = NonNullable<Environment["select"]>[number];
type SymbolEntry = Environment["symbols"][string];

const OVER: readonly string[] = ["settled", "delisted"];

/** Returns whether an instrument has ended, as known now. */
export function isOver({ versions }: InstrumentFile): boolean {
  return OVER.includes(versions.at(-1)?.state ?? "");
}

/** Returns whether a rule selects an instrument, regardless of its state. */
export function isAbout(
  selector: Selector,
  { asset_class, versions, mappings }: InstrumentFile,
): boolean {
  const { feed, series, group, base, quote } = selector;
  const version = versions.at(-1);
  // An exchange is not a market.
  if (
    version === undefined || asset_class === "venue" || !mappings.some((each) => each.feed === feed)
  ) return false;
  const terms = { series, group, base, quote };
  return Object.entries(terms).every(([name, wanted]) =>
    wanted === undefined || version[name as keyof typeof terms] === wanted
  );
}

/** Returns the symbols that rules select from an instrument, as known now: one per outcome. */
export function selectedSymbols(
  select: readonly Selector[],
  instrument: InstrumentFile,
): [string, SymbolEntry][] {
  const state = instrument.versions.at(-1)?.state;
  const selector = select.find((each) =>
    isAbout(each, instrument) && (each.status === "open" ? state === "open" : !isOver(instrument))
  );
  if (selector === undefined) return [];
  const { feed, depth } = selector;
  const own = instrument.mappings.filter((each) => each.feed === feed);
  // A later name of an outcome replaces an earlier one.
  const byOutcome = new Map(own.map(({ outcome = "", external }) => [outcome, external]));
  return [...byOutcome].map(([outcome, external]) => [
    outcome === "" ? instrument.id : `${instrument.id}:${outcome.replace(/[^\w.-]+/g, "_")}`,
    { feed, external, ...(depth === undefined ? {} : { depth }) },
  ]);
}
