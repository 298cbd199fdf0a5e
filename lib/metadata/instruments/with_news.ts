import { isDeepStrictEqual } from "node:util";
import type { InstrumentFile, InstrumentVersion } from "./instrument_file.ts";

/**
 * What is known of an instrument with what a venue says of it now (one version, known now): undefined
 * when that is nothing new. Nothing that was known is changed.
 */
export function withNews(
  known: InstrumentFile | undefined,
  fresh: InstrumentFile,
): InstrumentFile | undefined {
  if (known === undefined) return fresh;
  const [version] = fresh.versions;
  if (version === undefined) return undefined;
  const isSame = isDeepStrictEqual(termsOf(known.versions.at(-1)), termsOf(version));
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

/** A version without its times: those of the venue's last touch change without news. */
function termsOf(version: InstrumentVersion | undefined) {
  const { effective: _, known: _k, venue = {}, ...terms } = version ?? {};
  const { updated_time: _u, ...raw } = venue;
  return { ...terms, venue: raw };
}
