import { isDeepStrictEqual } from "node:util";
import type { InstrumentFile, InstrumentVersion } from "./instrument_file.ts";

/** Keys of `venue` that come separately from the market: its event and series. */
const BESIDES = ["event", "series"];

/**
 * Merges a venue's current data (one version, known now) into an instrument; returns undefined when
 * nothing is new. Never changes known versions. Keeps what is reported separately and is missing
 * now: fees, and fields of event and series.
 */
export function withNews(
  known: InstrumentFile | undefined,
  fresh: InstrumentFile,
): InstrumentFile | undefined {
  if (known === undefined) return fresh;
  const [first] = fresh.versions;
  if (first === undefined) return undefined;
  const last = known.versions.at(-1);
  const version = withBesides(first, last);
  const isSame = isDeepStrictEqual(termsOf(last), termsOf(version));
  const added = fresh.mappings.filter((mapping) =>
    !known.mappings.some(({ feed, external }) =>
      feed === mapping.feed && external === mapping.external
    )
  );
  // Without a display name a venue repeats its market name.
  const isNamed = fresh.mappings.every(({ external }) => external !== fresh.name);
  const name = isNamed ? fresh.name : known.name;
  if (isSame && added.length === 0 && known.name === name) return undefined;
  return {
    ...known,
    name,
    versions: isSame ? known.versions : [...known.versions, version],
    mappings: [...known.mappings, ...added],
  };
}

function withBesides(
  version: InstrumentVersion,
  last: InstrumentVersion | undefined,
): InstrumentVersion {
  const kept = Object.entries(last?.venue ?? {}).filter(([name]) => BESIDES.includes(name));
  const venue = { ...Object.fromEntries(kept), ...version.venue };
  return {
    ...(last?.fees === undefined ? {} : { fees: last.fees }),
    ...version,
    ...(Object.keys(venue).length === 0 ? {} : { venue }),
  };
}

/** Returns a version without times, which change on every update by the venue. */
function termsOf(version: InstrumentVersion | undefined) {
  const { effective: _, known: _k, venue = {}, ...terms } = version ?? {};
  return { ...terms, venue: [venue, ...BESIDES.map((name) => venue[name])].map(untouched) };
}

function untouched(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null) return raw;
  const touched = ["updated_time", "last_updated_ts", ...BESIDES];
  return Object.fromEntries(Object.entries(raw).filter(([name]) => !touched.includes(name)));
}
