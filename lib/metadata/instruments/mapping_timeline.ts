/** A mapping of a feed's name to an instrument, with validity and known time; all µs. */
export interface MappingRow {
  feed: string;
  external: string;
  /** Instrument id. */
  id: string;
  fromUs: number;
  /** Exclusive; Infinity = no end known. */
  toUs: number;
  knownUs: number;
}

/** Instrument that a name means over a span, µs. */
export interface MappedSpan {
  fromUs: number;
  /** Exclusive; Infinity = no end known. */
  toUs: number;
  id: string;
}

/**
 * Returns what a name means over time, as known at a time. Of rows with the same start the last
 * known wins (then the last added); each row ends where the next starts. An empty row revokes an
 * earlier known one.
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

/** Returns the index of the span that contains a time; -1 = none. */
export function spanIndexAt(spans: readonly MappedSpan[], atUs: number): number {
  // Fast path: most names have one span.
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

/** Name valid over a part of the requested span, µs. */
export interface NamedSpan {
  fromUs: number;
  /** Exclusive. */
  toUs: number;
  name: string;
}

/** Returns the spans within [fromUs, toUs), clipped. */
export function spansWithin(
  spans: readonly MappedSpan[],
  fromUs: number,
  toUs: number,
): NamedSpan[] {
  // Fast path: most names have the same meaning throughout.
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
