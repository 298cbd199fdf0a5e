import { type ManifestFile, usOfNsText } from "@ssmd/archive";
import type { MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import { ConnectionTranslation, type TranslationOptions } from "./connection_translation.ts";
import { rawConnectionsOf, rawManifests } from "./raw_connections.ts";
import { fetchRaw } from "./translate_day.ts";

/** A receive time span of a feed's raw lines, both ends inclusive, µs. */
interface RawSpan {
  env: string;
  feed: string;
  /** Only lines of this connector shard, "" = unsharded; absent: all lines. */
  shard?: string;
  fromUs: number;
  toUs: number;
}

/** Options of translating a span. */
interface SpanOptions {
  onEvent: (event: MarketEvent) => void;
  venues?: TranslationOptions["venues"];
  onUnreadable?: TranslationOptions["onUnreadable"];
  /** Awaited after each raw file. */
  afterFile?: () => Promise<void>;
}

/** Result of translating a span. */
export interface SpanTranslation {
  /** Time of the feed's first raw line, µs; Infinity when there is none. */
  rawFromUs: number;
  /** Time of the feed's last raw line, µs; 0 when there is none. */
  rawToUs: number;
  /** Descriptions of raw lines missing from the span's connections. */
  missing: string[];
}

/**
 * Translates a span's lines as the connector did, each connection from its first line on (for its
 * books), and emits the span's records by connection. Throws ArchiveError for a damaged raw file,
 * VenueError without a matching normalizer, StorageError.
 */
export async function translateSpan(
  storage: Storage,
  { env, feed, shard, fromUs, toUs }: RawSpan,
  { onEvent, venues, onUnreadable, afterFile }: SpanOptions,
): Promise<SpanTranslation> {
  const connections = rawConnectionsOf(await rawManifests(storage, env, feed));
  const result: SpanTranslation = { rawFromUs: Infinity, rawToUs: 0, missing: [] };
  const take = (events: readonly MarketEvent[]) => {
    for (const event of events) {
      if (event.receivedAtUs >= fromUs && event.receivedAtUs <= toUs) onEvent(event);
    }
  };
  for (const { connection, files, turns } of connections) {
    if (shard !== undefined && (files[0]?.shard ?? "") !== shard) continue;
    const touches = ({ from, to }: ManifestFile) =>
      usOfNsText(from) <= toUs && usOfNsText(to) >= fromUs;
    for (const { from, to } of files) {
      result.rawFromUs = Math.min(result.rawFromUs, usOfNsText(from));
      result.rawToUs = Math.max(result.rawToUs, usOfNsText(to));
    }
    const last = files.findLastIndex(touches);
    const translation = new ConnectionTranslation({
      ...{ feed, turns },
      ...(venues === undefined ? {} : { venues }),
      ...(onUnreadable === undefined ? {} : { onUnreadable }),
    });
    for (const file of files.slice(0, last + 1)) {
      translation.take(file, await fetchRaw(storage, file), take);
      await afterFile?.();
    }
    for (const gap of translation.holes) {
      if (!files.some((file) => file.key === gap.key && touches(file))) continue;
      result.missing.push(`lines ${gap.first} to ${gap.last} of connection ${connection}`);
    }
  }
  return result;
}
