import { checkedInstant } from "./instant.ts";
import type { InstrumentVersion } from "./instrument_file.ts";

/**
 * A version with the fees of a time, µs, by its dated changes. What they were before the first change
 * nobody told, where that had passed when the version became known: then it has none.
 */
export function withFeesAt(version: InstrumentVersion, asOfUs: number): InstrumentVersion {
  const { fee_changes: changes } = version;
  if (changes === undefined) return version;
  const upTo = (us: number) =>
    changes.map((each) => ({ ...each, fromUs: checkedInstant(each.from) }))
      .filter(({ fromUs }) => fromUs <= us).sort((a, b) => a.fromUs - b.fromUs).at(-1);
  const last = upTo(asOfUs);
  if (last !== undefined) {
    const { from: _, fromUs: _us, ...fees } = last;
    return { ...version, fees };
  }
  if (upTo(checkedInstant(version.known)) === undefined) return version;
  const { fees: _, ...others } = version;
  return others;
}
