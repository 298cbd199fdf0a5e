import { type ManifestFile, usOfNsText } from "@ssmd/archive";
import type { MarketEvent } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import { ConnectionTranslation, type TranslationOptions } from "./connection_translation.ts";
import { rawConnectionsOf, rawManifests } from "./raw_connections.ts";
import { fetchRaw } from "./translate_day.ts";

/** Part of a feed's raw lines, by the times of their receipt, both ends within, µs. */
interface RawSpan {
  env: string;
  feed: string;
  /** Lines of its connectors alone, "" = of none; absent = all lines. */
  shard?: string;
  fromUs: number;
  toUs: number;
}

/** How a span is translated. */
interface SpanOptions {
  onEvent: (event: MarketEvent) => void;
  venues?: TranslationOptions["venues"];
  onUnreadable?: TranslationOptions["onUnreadable"];
  /** Waited for after each raw file. */
  afterFile?: () => Promise<void>;
}

/** What the translation of a span found. */
export interface SpanTranslation {
  /** Time of the first line that raw has of the feed, µs; Infinity = none. */
  rawFromUs: number;
  /** Time of the latest line that raw has of the feed, µs; 0 = none. */
  rawToUs: number;
  /** Lines of the span's connections that raw does not have, for a person. */
  missing: string[];
}

/**
 * Translates the lines of a span as the connector did, each connection from its first line on (its
 * books come from there), and gives the records of the span connection by connection. Throws
 * ArchiveError for a damaged raw file, VenueError when nothing can translate it, StorageError.
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
