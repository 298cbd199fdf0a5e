import { EVENT_TYPES, type EventType, type MarketEvent } from "@ssmd/market";
import { RecordComparison } from "./compare_records.ts";
import { resultOf, type VersionDiff } from "./diff_versions.ts";
import { RecordValues } from "./record_values.ts";

/** A record of a stream, and when it came: ms of a clock that is one for both streams. */
export interface StreamedRecord {
  event: MarketEvent;
  atMs: number;
}

/** What came on a stream. */
interface Streamed {
  records: readonly StreamedRecord[];
  /** Version and first digits of the SHA-256 of the schema of each type. */
  schemas: ReadonlyMap<string, string>;
}

/** Two streams of the same feed. */
interface StreamDiffOptions {
  old: Streamed;
  new: Streamed;
  /** Records that came before or after and have no counterpart are left out. */
  span: { fromMs: number; toMs: number };
}

/** What each connection to a venue has of its own. */
const OWN_FIELDS = ["sequence", "receivedAtUs", "run", "connection"];

/**
 * Compares what two environments made of the same feed, each on a connection of its own. Records
 * belong together when symbol, type and the venue's time are the same; those without a time of the
 * venue are one group a symbol and type.
 */
export function diffStreams({ old, new: now, span }: StreamDiffOptions): VersionDiff {
  const outside = new Set<MarketEvent>();
  const values = { old: new RecordValues(), new: new RecordValues() };
  const groups = new Map<number, { old: MarketEvent[]; new: MarketEvent[] }>();
  for (const [side, { records }] of [["old", old], ["new", now]] as const) {
    for (const { event, atMs } of records) {
      if (atMs < span.fromMs || atMs > span.toMs) outside.add(event);
      else values[side].add(event);
      let group = groups.get(event.timestampUs);
      if (group === undefined) groups.set(event.timestampUs, group = { old: [], new: [] });
      group[side].push(event);
    }
  }
  const isLeftOut = (event: MarketEvent) => outside.has(event);
  const comparison = new RecordComparison({ ignored: OWN_FIELDS, isLeftOut });
  // Those without a time last: of a symbol, only the first differences are kept.
  const rankOf = (timestampUs: number) => timestampUs || Infinity;
  for (
    const [, group] of [...groups].sort(([one], [other]) => rankOf(one) < rankOf(other) ? -1 : 1)
  ) {
    comparison.group(group.old, group.new);
  }
  const found = new Set<EventType>(comparison.types().map(({ type }) => type));
  const schemas = EVENT_TYPES.filter((type) => found.has(type)).map((type) => ({
    ...{ type, old: old.schemas.get(type) ?? "", new: now.schemas.get(type) ?? "" },
  }));
  return resultOf(comparison, values, schemas);
}
