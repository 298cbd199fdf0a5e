import type { ReferenceSpan } from "@ssmd/enrich";
import { checkedInstant } from "./instant.ts";
import type { InstrumentFile } from "./instrument_file.ts";
import type { SecurityMaster } from "./security_master.ts";

/**
 * Returns the security master's values of a market over time, as known at each time; `external` is
 * the venue's name, `symbol` ours, which may be the instrument id. Sorted by time; empty = the
 * market is unknown.
 */
export function referenceSpans(
  master: SecurityMaster,
  { feed, symbol, external }: { feed: string; symbol: string; external: string | undefined },
  fields: readonly string[],
): ReferenceSpan[] {
  const instrumentAt = (us: number) => {
    const id = external === undefined ? undefined : meaningAt(master, { feed, external }, us);
    return id ?? (master.get(symbol) === undefined ? undefined : symbol);
  };
  const ids = external === undefined ? [symbol] : [symbol, ...master.meant(feed, external)];
  const moments = [...new Set(ids.flatMap((id) => momentsOf(master.get(id))))].sort((a, b) =>
    a - b
  );
  return moments.map((us) => {
    const id = instrumentAt(us);
    const instrument = id === undefined ? undefined : master.get(id);
    const version = id && master.versionAt(id, { asOfUs: us, knownAtUs: us });
    const all: Record<string, unknown> = { ...instrument, ...version, instrument: id };
    return { fromUs: us, values: fields.map((field) => String(all[field] ?? "")) };
  });
}

/** Returns the instrument that a venue's name meant at a time, as known then; undefined = none. */
function meaningAt(
  master: SecurityMaster,
  { feed, external }: { feed: string; external: string },
  us: number,
): string | undefined {
  const asked = { feed, names: [external], fromUs: us, toUs: us + 1, knownAtUs: us };
  return master.resolve({ ...asked, by: "external" }).mappings.get(external)?.[0]?.name;
}

/** Returns times at which an instrument's terms or their knowledge changed, µs. */
function momentsOf(instrument: InstrumentFile | undefined): number[] {
  const { versions = [], mappings = [] } = instrument ?? {};
  return [
    ...versions.flatMap(({ effective, known, fee_changes = [] }) => [
      ...[effective, known],
      ...fee_changes.map(({ from }) => from),
    ]),
    ...mappings.flatMap(({ from, to = from, known }) => [from, to, known]),
  ].map(checkedInstant);
}
