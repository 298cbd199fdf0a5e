import { dayOfUs } from "@ssmd/archive";
import { ALL_SYMBOLS, type MarketEvent, type Ticker, type Trade } from "@ssmd/market";
import { DAY_US } from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { Market } from "../state/market.ts";
import type { ArchivedDay, ArchiveSource } from "./archive_source.ts";
import { type GapSpan, gapSpans, touching } from "./gap_span.ts";
import type { History } from "./history.ts";
import { behind, type Position, positionBehind } from "./position.ts";

/** Record types that are kept as histories. */
export interface HistoryRecords {
  trade: Trade;
  ticker: Ticker;
}

/** Query for a page of a market's history. */
interface PageQuery<T extends keyof HistoryRecords> {
  market: Market;
  type: T;
  /** Start, receivedAt, µs. */
  fromUs: number;
  /** End, exclusive, µs. */
  toUs: number;
  order: "asc" | "desc";
  limit: number;
  /** Position after which to continue. */
  after?: Position | undefined;
}

/** A page of a market's history. */
export interface Page<R> {
  records: R[];
  /** Start of the next page; absent = no more records now. */
  next?: Position;
  /** Time spans within the page's part of the span in which records are missing or suspect. */
  gaps: GapSpan[];
  /** Number of records from the archive; the others were in memory. */
  archived: number;
}

/** Maximum number of records with the same time (one frame): a page may begin among them. */
const FRAME_RECORDS_MAX = 1000;
/** First step of a descending page: most callers want the newest few records. */
const FIRST_STEP_US = 600_000_000;
const NOTHING: AsyncIterable<never> = { async *[Symbol.asyncIterator]() {} };

/**
 * Reads histories: from memory where it is complete, from the archive before that. Both meet at one
 * time, so nothing is duplicated or omitted; if the archive does not reach that time yet, the
 * answer reports a gap.
 */
export class HistoryReader {
  #history: History;
  #archive: ArchiveSource | undefined;

  constructor(history: History, archive: ArchiveSource | undefined) {
    this.#history = history;
    this.#archive = archive;
  }

  /** Returns a page. Throws StorageError or ArchiveError when the archive cannot be read. */
  async page<T extends keyof HistoryRecords>(
    query: PageQuery<T>,
  ): Promise<Page<HistoryRecords[T]>> {
    const { market, type, order, limit, after } = query;
    const span = { fromUs: query.fromUs, toUs: query.toUs };
    if (after !== undefined && order === "asc") span.fromUs = Math.max(span.fromUs, after.atUs);
    if (after !== undefined && order === "desc") span.toUs = Math.min(span.toUs, after.atUs + 1);
    // Read memory first, without awaiting: records evicted meanwhile are already copied.
    const floorUs = this.floorOf(market, type);
    const recent = this.#recent(query, Math.max(span.fromUs, floorUs), span.toUs);
    const archivedToUs = Math.min(span.toUs, floorUs);
    const border = await this.#border(market, span.fromUs, archivedToUs);
    const read = { corruptions: [] as GapSpan[], stoppedUs: undefined as number | undefined };
    let archivedDays: HistoryRecords[T][] = [];
    const wanted = limit + 1;
    if (order === "asc" || recent.length < wanted) {
      const room = order === "asc" ? wanted : wanted - recent.length;
      const slice = { ...query, fromUs: span.fromUs, toUs: archivedToUs, limit: room };
      archivedDays = await this.#archived(slice, read);
    }
    const isCut = read.stoppedUs !== undefined;
    const all = order === "asc"
      ? [...archivedDays, ...(isCut || archivedDays.length >= wanted ? [] : recent)]
      : [...recent, ...archivedDays];
    const records = all.slice(0, limit);
    const next = all.length > limit
      ? positionBehind(records, after)
      : isCut
      ? { atUs: read.stoppedUs as number, sequence: -1, same: 0 }
      : undefined;
    if (next !== undefined && order === "asc") span.toUs = Math.min(span.toUs, next.atUs + 1);
    if (next !== undefined && order === "desc") span.fromUs = Math.max(span.fromUs, next.atUs);
    const gaps = await this.#gaps(market, span, [...border, ...read.corruptions]);
    const fromArchive = new Set(archivedDays);
    return {
      records,
      ...(next === undefined ? {} : { next }),
      gaps,
      archived: records.filter((record) => fromArchive.has(record)).length,
    };
  }

  /**
   * Yields all trades of a span in order, in batches, from archive and memory; pushes gaps to
   * `gaps`. Trades in memory whose venue and receive times are `leftOutFromUs` or later may be
   * omitted. The caller may stop after any batch.
   */
  async *scanTrades(
    market: Market,
    { fromUs, toUs, leftOutFromUs }: { fromUs: number; toUs: number; leftOutFromUs?: number },
    gaps: GapSpan[],
  ): AsyncGenerator<readonly Trade[], void> {
    const type = "trade" as const;
    const floorUs = this.floorOf(market, type);
    const series = this.#history.of(market)?.[type];
    const recent = series?.between(Math.max(fromUs, floorUs), toUs, leftOutFromUs) ?? [];
    const endUs = Math.min(toUs, floorUs);
    if (this.#archive !== undefined && fromUs < endUs) {
      const slice = { feed: market.feed.id, symbol: market.symbol, type, fromUs, toUs: endUs };
      for await (const batch of this.#archive.read(slice, (gap) => gaps.push(gap))) {
        yield batch as readonly Trade[];
      }
    }
    if (recent.length > 0) yield recent;
  }

  /** Returns the time spans in which records of a market are missing or suspect. */
  async gapsOf(market: Market, fromUs: number, toUs: number): Promise<GapSpan[]> {
    const border = await this.#border(market, fromUs, Math.min(toUs, this.floorOf(market)));
    return await this.#gaps(market, { fromUs, toUs }, border);
  }

  /** Returns the archived book updates of a span, in order of receipt. */
  readBook(
    { feed, symbol }: Market,
    { fromUs, toUs }: { fromUs: number; toUs: number },
    gaps: GapSpan[],
  ): AsyncIterable<readonly MarketEvent[]> {
    const slice = { feed: feed.id, symbol, type: "orderbook" as const, fromUs, toUs };
    return this.#archive?.read(slice, (gap) => gaps.push(gap)) ?? NOTHING;
  }

  /** Returns the gaps in book updates of a span; updates not archived yet count as a gap. */
  async bookGapsOf(market: Market, fromUs: number, toUs: number): Promise<GapSpan[]> {
    return await this.#gaps(market, { fromUs, toUs }, await this.#border(market, fromUs, toUs));
  }

  /** Returns a span's archived days, and the time up to which the archive is complete, µs. */
  async archived(
    market: Market,
    fromUs: number,
    toUs: number,
  ): Promise<{ days: ArchivedDay[]; coveredUs: number }> {
    if (this.#archive === undefined) return { days: [], coveredUs: 0 };
    const { id } = market.feed;
    const coveredUs = await this.#archive.coveredUs(id);
    const days = await this.#archive.days(id, fromUs, Math.min(toUs, endOfTime()));
    return { days, coveredUs };
  }

  /** Returns the receive time from which memory has all records of a type, µs; Infinity = none. */
  floorOf(market: Market, type: keyof HistoryRecords = "trade"): number {
    const history = this.#history.of(market);
    return history?.[type].floorUs ?? this.#history.floorOf(market.feed);
  }

  /** Returns the page's records in memory, in reading direction. */
  #recent<T extends keyof HistoryRecords>(
    { market, type, order, limit, after }: PageQuery<T>,
    fromUs: number,
    toUs: number,
  ): HistoryRecords[T][] {
    const series = this.#history.of(market)?.[type];
    if (series === undefined || fromUs >= toUs) return [];
    // Decoded lazily: no more than the page.
    const all = series.walk(fromUs, toUs, order) as Generator<HistoryRecords[T], void>;
    const found = after === undefined ? all : behind(all, after, order);
    return [...found.take(limit + 1)];
  }

  /** Returns the gap between what is surely archived and what is in memory. */
  async #border(market: Market, fromUs: number, toUs: number): Promise<GapSpan[]> {
    if (fromUs >= toUs) return [];
    const feed = market.feed.id;
    const base = {
      symbol: ALL_SYMBOLS,
      feed,
      channel: "all",
      missed: null,
      recovered: false,
    } as const;
    const endUs = toUs === Infinity ? 0 : toUs;
    if (this.#archive === undefined) {
      const detail = "this gateway reads no archive: only what came since its start is there";
      return [{ ...base, reason: "not_kept", fromUs, toUs: endUs, detail }];
    }
    const coveredUs = await this.#archive.coveredUs(market.feed.id);
    if (coveredUs >= toUs) return [];
    const detail = "these records may be on their way into the archive: ask again in two minutes";
    const startUs = Math.max(fromUs, coveredUs);
    return [{ ...base, reason: "not_archived_yet", fromUs: startUs, toUs: endUs, detail }];
  }

  async #archived<T extends keyof HistoryRecords>(
    query: PageQuery<T>,
    read: { corruptions: GapSpan[]; stoppedUs: number | undefined },
  ): Promise<HistoryRecords[T][]> {
    const { market, type, fromUs, toUs, order, limit, after } = query;
    const archive = this.#archive;
    if (archive === undefined || fromUs >= toUs) return [];
    const started = performance.now();
    const found: HistoryRecords[T][] = [];
    const slack = after === undefined ? 0 : FRAME_RECORDS_MAX;
    const endUs = Math.min(toUs, endOfTime());
    const days = new Set(await archive.dayNames(market.feed.id, fromUs, endUs));
    for (const step of stepsOf(Math.max(0, fromUs), endUs, order)) {
      if (!days.has(dayOfUs(step.fromUs))) continue;
      const slice = { feed: market.feed.id, symbol: market.symbol, type, ...step };
      let part: HistoryRecords[T][] = [];
      for await (const batch of archive.read(slice, (gap) => read.corruptions.push(gap))) {
        const records = batch as unknown as readonly HistoryRecords[T][];
        for (const record of records) part.push(record);
        if (order === "asc" && found.length + part.length >= limit + slack) break;
        // A step is read forward: a descending page needs only its end.
        if (order === "desc" && part.length > 4 * (limit + slack)) {
          part = part.slice(-limit - slack);
        }
      }
      if (order === "desc") part.reverse();
      if (after !== undefined) part = [...behind(part, after, order)];
      for (const record of part) found.push(record);
      if (found.length >= limit) return found.slice(0, limit);
      const edgeUs = order === "asc" ? step.toUs : step.fromUs;
      const isLast = order === "asc" ? edgeUs >= toUs : edgeUs <= fromUs;
      if (!isLast && performance.now() - started > GATEWAY_LIMITS.archiveReadMs) {
        read.stoppedUs = edgeUs;
        break;
      }
    }
    return found;
  }

  async #gaps(
    market: Market,
    { fromUs, toUs }: { fromUs: number; toUs: number },
    own: readonly GapSpan[],
  ): Promise<GapSpan[]> {
    const { feed, symbol } = market;
    const span = { symbol, fromUs, toUs };
    const archived: GapSpan[] = [];
    if (this.#archive !== undefined) {
      archived.push(...await this.#archive.gaps(feed.id, fromUs, Math.min(toUs, endOfTime())));
    }
    const live = this.#history.gaps(feed, symbol);
    return touching(gapSpans([...archived, ...live, ...own]), span);
  }
}

/** Returns the latest possible receive time: now plus a day of clock skew, µs. */
function endOfTime(): number {
  return (Date.now() + 86_400_000) * 1000;
}

/** Yields the steps in which a span is read, in reading direction; no step crosses midnight. */
function* stepsOf(
  fromUs: number,
  toUs: number,
  order: "asc" | "desc",
): Generator<{ fromUs: number; toUs: number }> {
  if (order === "asc") {
    for (let us = fromUs; us < toUs;) {
      const endUs = Math.min(toUs, (Math.floor(us / DAY_US) + 1) * DAY_US);
      yield { fromUs: us, toUs: endUs };
      us = endUs;
    }
    return;
  }
  let step = FIRST_STEP_US;
  for (let us = toUs; us > fromUs; step = Math.min(DAY_US, step * 6)) {
    const midnightUs = (Math.ceil(us / DAY_US) - 1) * DAY_US;
    const startUs = Math.max(fromUs, midnightUs, us - step);
    yield { fromUs: startUs, toUs: us };
    us = startUs;
  }
}
