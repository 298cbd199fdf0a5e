/** That a feed's name means an instrument, from when to when, as known from when; all µs. */
export interface MappingRow {
  feed: string;
  external: string;
  /** The instrument's id. */
  id: string;
  fromUs: number;
  /** Exclusive; Infinity = until further notice. */
  toUs: number;
  knownUs: number;
}

/** A name's meaning over a span, µs. */
export interface MappedSpan {
  fromUs: number;
  /** Exclusive; Infinity = until further notice. */
  toUs: number;
  id: string;
}

/**
 * What a name means over time, as known at a time: of rows with one beginning the last known counts
 * (of those, the last added), and each ends where the next one begins. A row that ends where it begins
 * takes an earlier known one back.
 */
export function spansOf(rows: readonly MappingRow[], knownAtUs: number): MappedSpan[] {
  const byStart = new Map<number, MappingRow>();
  for (const row of rows) {
    if (row.knownUs > knownAtUs) continue;
    const other = byStart.get(row.fromUs);
    if (other === undefined || row.knownUs >= other.knownUs) byStart.set(row.fromUs, row);
  }
  const sorted = [...byStart.values()].sort((a, b) => a.fromUs - b.fromUs)
    .filter(({ fromUs, toUs }) => toUs > fromUs);
  return sorted.map(({ fromUs, toUs, id }, i) => ({
    fromUs,
    toUs: Math.min(toUs, sorted[i + 1]?.fromUs ?? Infinity),
    id,
  }));
}

/** The place of the span that holds a time; -1 = none does. */
export function spanIndexAt(spans: readonly MappedSpan[], atUs: number): number {
  // Most names mean one thing once.
  const [only] = spans;
  if (spans.length === 1 && only !== undefined) {
    return only.fromUs <= atUs && atUs < only.toUs ? 0 : -1;
  }
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((spans[middle] as MappedSpan).fromUs <= atUs) low = middle + 1;
    else high = middle;
  }
  const at = low - 1;
  return at >= 0 && (spans[at] as MappedSpan).toUs > atUs ? at : -1;
}

/** What a name means over a part of a span that was asked for, µs. */
export interface NamedSpan {
  fromUs: number;
  /** Exclusive. */
  toUs: number;
  name: string;
}

/** The spans within [fromUs, toUs), cut to it. */
export function spansWithin(
  spans: readonly MappedSpan[],
  fromUs: number,
  toUs: number,
): NamedSpan[] {
  // Most names mean one thing all the time.
  const only = spans[spanIndexAt(spans, fromUs)];
  if (only !== undefined && fromUs < toUs && toUs <= only.toUs) {
    return [{ fromUs, toUs, name: only.id }];
  }
  const within: NamedSpan[] = [];
  for (const span of spans) {
    if (span.fromUs >= toUs) break;
    if (span.toUs <= fromUs) continue;
    const name = span.id;
    within.push({ fromUs: Math.max(span.fromUs, fromUs), toUs: Math.min(span.toUs, toUs), name });
  }
  return within;
}
