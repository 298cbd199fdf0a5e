import type { Environment } from "./environment.ts";
import type { InstrumentFile } from "./instruments/instrument_file.ts";

/** A rule that names markets. */
export type Selector = NonNullable<Environment["select"]>[number];
type SymbolEntry = Environment["symbols"][string];

const OVER: readonly string[] = ["settled", "delisted"];

/** Whether nothing more comes of an instrument, as it is known now. */
export function isOver({ versions }: InstrumentFile): boolean {
  return OVER.includes(versions.at(-1)?.state ?? "");
}

/** Whether an instrument is of those that a rule is about, wherever it is in its life. */
export function isAbout(selector: Selector, { versions, mappings }: InstrumentFile): boolean {
  const { feed, series, group, base, quote } = selector;
  const version = versions.at(-1);
  if (version === undefined || !mappings.some((each) => each.feed === feed)) return false;
  const terms = { series, group, base, quote };
  return Object.entries(terms).every(([name, wanted]) =>
    wanted === undefined || version[name as keyof typeof terms] === wanted
  );
}

/** The market that rules make of an instrument, as it is known now; undefined = none. */
export function selectedSymbol(
  select: readonly Selector[],
  instrument: InstrumentFile,
): SymbolEntry | undefined {
  const state = instrument.versions.at(-1)?.state;
  const selector = select.find((each) =>
    isAbout(each, instrument) && (each.status === "open" ? state === "open" : !isOver(instrument))
  );
  if (selector === undefined) return undefined;
  const { feed, depth } = selector;
  const mapping = instrument.mappings.findLast((each) => each.feed === feed);
  if (mapping === undefined) return undefined;
  return { feed, external: mapping.external, ...(depth === undefined ? {} : { depth }) };
}
