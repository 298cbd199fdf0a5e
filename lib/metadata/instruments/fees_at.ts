import { checkedInstant } from "./instant.ts";
import type { InstrumentVersion } from "./instrument_file.ts";

/**
 * Returns a version with the fees valid at a time, µs, by its dated changes. Before the first
 * change they are unknown, and left out, if that change had passed when the version became known.
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
