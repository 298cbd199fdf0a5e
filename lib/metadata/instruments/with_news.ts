import { isDeepStrictEqual } from "node:util";
import type { InstrumentFile, InstrumentVersion } from "./instrument_file.ts";

/** Of `venue`: what a venue tells of the event and the series apart from the market. */
const BESIDES = ["event", "series"];

/**
 * What is known of an instrument with what a venue says of it now (one version, known now): undefined
 * when that is nothing new. Nothing that was known is changed, and what is told apart from the market
 * and not this time stays: its fees, and fields of its event and series.
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
  // A venue that has no name for people gives its own of the market.
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

/** A version without its times: those of the venue's last touch change without news. */
function termsOf(version: InstrumentVersion | undefined) {
  const { effective: _, known: _k, venue = {}, ...terms } = version ?? {};
  return { ...terms, venue: [venue, ...BESIDES.map((name) => venue[name])].map(untouched) };
}

function untouched(raw: unknown): unknown {
  if (typeof raw !== "object" || raw === null) return raw;
  const touched = ["updated_time", "last_updated_ts", ...BESIDES];
  return Object.fromEntries(Object.entries(raw).filter(([name]) => !touched.includes(name)));
}
