import { EVENT_TYPES, type EventType, type MarketEvent } from "@ssmd/market";
import { RecordComparison } from "./compare_records.ts";
import { resultOf, type VersionDiff } from "./diff_versions.ts";
import { RecordValues } from "./record_values.ts";

/** A streamed record with its arrival, ms of a clock common to both streams. */
export interface StreamedRecord {
  event: MarketEvent;
  atMs: number;
}

/** Records of a stream. */
interface Streamed {
  records: readonly StreamedRecord[];
  /** Schema version and first SHA-256 digits by type. */
  schemas: ReadonlyMap<string, string>;
}

/** Two streams of one feed. */
interface StreamDiffOptions {
  old: Streamed;
  new: Streamed;
  /** Records outside of this span are ignored unless they have a counterpart. */
  span: { fromMs: number; toMs: number };
}

/** Fields that differ between connections to a venue. */
const OWN_FIELDS = ["sequence", "receivedAtUs", "run", "connection"];

/**
 * Compares what two environments made of one feed, each on its own connection. Matches records by
 * symbol, type and venue time; records without venue time form one group per symbol and type.
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
  // Records without a time go last: only a symbol's first differences are kept.
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
