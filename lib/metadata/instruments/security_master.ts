import { withFeesAt } from "./fees_at.ts";
import { checkedInstant } from "./instant.ts";
import type { InstrumentFile, InstrumentVersion } from "./instrument_file.ts";
import {
  type MappedSpan,
  type MappingRow,
  type NamedSpan,
  spanIndexAt,
  spansOf,
  spansWithin,
} from "./mapping_timeline.ts";

/** A bitemporal point, µs. */
export interface InstrumentTime {
  /** Effective time. */
  asOfUs: number;
  /** Known time. */
  knownAtUs: number;
}

/** Options of {@linkcode SecurityMaster.resolve}. */
interface ResolveRequest {
  feed: string;
  /** Names to translate: venue names, or instrument ids. */
  names: readonly string[];
  by: "external" | "instrument";
  /** Requested span, µs; `toUs` exclusive. */
  fromUs: number;
  toUs: number;
  /** Known time, µs; default: everything known. */
  knownAtUs?: number;
}

/** Meaning of names over a span. */
export interface Resolved {
  /** Name → its meanings with validity. */
  mappings: Map<string, NamedSpan[]>;
  /** Names resolved for only a part of the span. */
  partial: string[];
  /** Names not resolved anywhere in the span. */
  notFound: string[];
}

const NONE: MappedSpan[] = [];
const NOTHING: NamedSpan[] = [];

interface NameTimeline {
  rows: MappingRow[];
  /** Spans as known now; undefined = must be recomputed. */
  spans: MappedSpan[] | undefined;
  /** The only span, the usual case. */
  only: MappedSpan | undefined;
}

/**
 * Bitemporal store of instruments and their names on feeds: what held when, and when it was known.
 * In memory; looking up current knowledge costs a map access and a binary search.
 */
export class SecurityMaster {
  #instruments = new Map<string, InstrumentFile>();
  #names = new Map<string, Map<string, NameTimeline>>();
  /** Names that ever meant an instrument, by feed and instrument. */
  #externals = new Map<string, Map<string, Set<string>>>();

  /** Number of instruments. */
  get size(): number {
    return this.#instruments.size;
  }

  /** Adds an instrument, or replaces it. */
  put(instrument: InstrumentFile): void {
    if (this.#instruments.has(instrument.id)) this.remove(instrument.id);
    this.#instruments.set(instrument.id, instrument);
    for (const mapping of instrument.mappings) {
      this.#addRow({
        ...{ feed: mapping.feed, external: mapping.external, id: instrument.id },
        fromUs: checkedInstant(mapping.from),
        toUs: mapping.to === undefined ? Infinity : checkedInstant(mapping.to),
        knownUs: checkedInstant(mapping.known),
      });
    }
  }

  /** Removes an instrument and its names. */
  remove(id: string): void {
    const known = this.#instruments.get(id);
    if (known === undefined) return;
    this.#instruments.delete(id);
    for (const { feed, external } of known.mappings) {
      const timeline = this.#names.get(feed)?.get(external);
      if (timeline === undefined) continue;
      timeline.rows = timeline.rows.filter((row) => row.id !== id);
      timeline.spans = timeline.only = undefined;
      if (timeline.rows.length === 0) this.#names.get(feed)?.delete(external);
      this.#externals.get(feed)?.delete(id);
    }
  }

  /** Returns an instrument with its history; undefined = unknown. */
  get(id: string): InstrumentFile | undefined {
    return this.#instruments.get(id);
  }

  /** Iterates all instruments in insertion order. */
  all(): IterableIterator<InstrumentFile> {
    return this.#instruments.values();
  }

  /** Returns the version valid at a point; undefined = none known. */
  versionAt(id: string, { asOfUs, knownAtUs }: InstrumentTime): InstrumentVersion | undefined {
    let found: InstrumentVersion | undefined;
    let foundEffective = -Infinity;
    let foundKnown = -Infinity;
    for (const version of this.#instruments.get(id)?.versions ?? []) {
      const effective = checkedInstant(version.effective);
      const known = checkedInstant(version.known);
      if (effective > asOfUs || known > knownAtUs || effective < foundEffective) continue;
      if (effective === foundEffective && known < foundKnown) continue;
      [found, foundEffective, foundKnown] = [version, effective, known];
    }
    return found && withFeesAt(found, asOfUs);
  }

  /** Returns the instrument that a feed's name means at a time, as known now; undefined = none. */
  lookup(feed: string, external: string, atUs: number): string | undefined {
    const spans = spansNow(this.#names.get(feed)?.get(external));
    const at = spanIndexAt(spans, atUs);
    return at < 0 ? undefined : (spans[at] as MappedSpan).id;
  }

  /** Returns all instruments that a feed's name has ever meant, also by rows replaced since. */
  meant(feed: string, external: string): string[] {
    const rows = this.#names.get(feed)?.get(external)?.rows ?? [];
    return [...new Set(rows.map(({ id }) => id))];
  }

  /** Resolves names over a span; lists partially resolved and unresolved ones. */
  resolve(request: ResolveRequest): Resolved {
    const { names, fromUs, toUs, by } = request;
    const mappings: Resolved["mappings"] = new Map();
    // Names may be repeated in the request.
    const [partial, notFound] = [new Set<string>(), new Set<string>()];
    const timelines = this.#names.get(request.feed);
    for (const name of names) {
      const spans = by === "external"
        ? meanings(timelines?.get(name), request)
        : this.#namesOf(name, request);
      if (spans.length === 0) {
        notFound.add(name);
        continue;
      }
      mappings.set(name, spans);
      if (!covers(spans, fromUs, toUs)) partial.add(name);
    }
    return { mappings, partial: [...partial], notFound: [...notFound] };
  }

  #namesOf(id: string, request: ResolveRequest) {
    const externals = this.#externals.get(request.feed)?.get(id) ?? [];
    return [...externals]
      .flatMap((external) =>
        meanings(this.#names.get(request.feed)?.get(external), request).filter(({ name }) =>
          name === id
        )
          .map((span) => ({ ...span, name: external }))
      )
      .sort((a, b) => a.fromUs - b.fromUs || (a.name < b.name ? -1 : 1));
  }

  #addRow(row: MappingRow): void {
    const names = this.#names.get(row.feed) ?? new Map<string, NameTimeline>();
    this.#names.set(row.feed, names);
    const timeline = names.get(row.external) ?? {
      rows: [],
      spans: undefined,
      only: undefined,
    };
    names.set(row.external, timeline);
    timeline.rows.push(row);
    timeline.spans = timeline.only = undefined;
    const externals = this.#externals.get(row.feed) ?? new Map<string, Set<string>>();
    this.#externals.set(row.feed, externals);
    externals.set(row.id, (externals.get(row.id) ?? new Set()).add(row.external));
  }
}

/** Returns the spans of a name, as known now. */
function spansNow(timeline: NameTimeline | undefined): MappedSpan[] {
  if (timeline === undefined) return NONE;
  if (timeline.spans === undefined) {
    timeline.spans = spansOf(timeline.rows, Infinity);
    timeline.only = timeline.spans.length === 1 ? timeline.spans[0] : undefined;
  }
  return timeline.spans;
}

function meanings(
  timeline: NameTimeline | undefined,
  { fromUs, toUs, knownAtUs }: ResolveRequest,
): NamedSpan[] {
  const only = knownAtUs === undefined ? timeline?.only : undefined;
  if (only !== undefined) {
    if (fromUs >= only.toUs || toUs <= only.fromUs) return NOTHING;
    const name = only.id;
    return [{ fromUs: Math.max(fromUs, only.fromUs), toUs: Math.min(toUs, only.toUs), name }];
  }
  const spans = knownAtUs === undefined
    ? spansNow(timeline)
    : spansOf(timeline?.rows ?? [], knownAtUs);
  return spansWithin(spans, fromUs, toUs);
}

/** Returns whether spans, sorted by start, cover [fromUs, toUs) completely. */
function covers(
  spans: readonly { fromUs: number; toUs: number }[],
  fromUs: number,
  toUs: number,
): boolean {
  let upTo = fromUs;
  for (const span of spans) {
    if (span.fromUs > upTo) return false;
    upTo = Math.max(upTo, span.toUs);
  }
  return upTo >= toUs;
}
