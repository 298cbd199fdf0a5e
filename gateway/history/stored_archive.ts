import {
  archivedDays,
  dayOfUs,
  isMissing,
  isSealedDay,
  loadManifest,
  type Manifest,
  type ManifestGap,
  nsText,
  qualityOf,
  readArchive,
  unmadeDays,
  usOfDay,
  usOfNsText,
} from "@ssmd/archive";
import { countLetters } from "@ssmd/dataset/dead_letters";
import { ALL_SYMBOLS, EVENT_TYPES, type MarketEvent } from "@ssmd/market";
import { ArchiveError, DAY_US, nowUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { KeptAnswers } from "../kept_answers.ts";
import { GATEWAY_LIMITS } from "../limits.ts";
import type { ArchivedDay, ArchiveSlice, ArchiveSource } from "./archive_source.ts";
import { type GapSpan, gapSpans, touching } from "./gap_span.ts";
import { type PastDay, pastGaps } from "./past_gaps.ts";
import { ReadingSlots } from "./reading_slots.ts";

/** Days searched for the newest archived one before all are listed. */
const NEAR_DAYS = 7;
/** Days whose gaps are read anew each time; the others hardly change. */
const LATE_DAYS = 2;

/** A day of a span and its version. */
type SpanDay = Awaited<ReturnType<typeof archivedDays>>[number];

/** A day with the gaps recorded on it, and what its quality is made of. */
interface KnownDay {
  day: ArchivedDay;
  captured: Parameters<typeof qualityOf>[0];
}

/** A day with raw frames and no records. */
type Unmade = Awaited<ReturnType<typeof unmadeDays>>[number];

/** The archive of an environment in its storage. */
export class StoredArchive implements ArchiveSource {
  #storage: Storage;
  #env: string;
  #slots = new ReadingSlots();
  #days = new KeptAnswers<KnownDay | undefined>(GATEWAY_LIMITS.archiveDaysKeptMax);
  /** Days of spans; may be as stale as their manifests. */
  #spans = new KeptAnswers<SpanDay[]>(GATEWAY_LIMITS.archiveDaysKeptMax);
  /** Days of spans with raw frames and no records. */
  #unmade = new KeptAnswers<ArchivedDay[]>(GATEWAY_LIMITS.archiveDaysKeptMax);
  /** Gaps of all days, by feed. */
  #past = new KeptAnswers<PastDay[]>(GATEWAY_LIMITS.archiveDaysKeptMax);
  #letters = new KeptAnswers<Record<string, number>>(1);

  constructor(storage: Storage, env: string) {
    this.#storage = storage;
    this.#env = env;
  }

  async *read(
    { feed, symbol, type, fromUs, toUs }: ArchiveSlice,
    onCorruption: (gap: GapSpan) => void,
  ): AsyncGenerator<readonly MarketEvent[], void> {
    const symbols = symbol === undefined ? {} : { symbols: [symbol] };
    const query = { env: this.#env, feed, ...symbols, types: [type], fromUs, toUs };
    const options = {
      readAheadBytesMax: GATEWAY_LIMITS.archiveReadAheadBytesMax,
      requestsMax: 4,
      onCorruption: ({ gap, error }: { gap: Omit<GapSpan, "reason">; error: ArchiveError }) =>
        onCorruption({
          ...{ ...gap, symbol: symbol ?? ALL_SYMBOLS, feed, reason: "archive_damaged" },
          detail: error.message,
        }),
    };
    try {
      yield* this.#slots.reading(() => readArchive(this.#storage, query, options));
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
  }

  async dayNames(feed: string, fromUs: number, toUs: number): Promise<string[]> {
    if (fromUs >= toUs) return [];
    const days = await this.#lookFor(feed, { fromUs: Math.max(0, fromUs), toUs });
    return days.map(({ day }) => day);
  }

  async days(feed: string, fromUs: number, toUs: number): Promise<ArchivedDay[]> {
    return (await this.#look(feed, fromUs, toUs)).days;
  }

  async gaps(feed: string, fromUs: number, toUs: number): Promise<GapSpan[]> {
    const { days, spans } = await this.#look(feed, fromUs, toUs);
    const ofDays = days.flatMap(({ gaps }) => gaps);
    // Of days without records, nothing says which markets were wanted.
    const others = spans.filter(({ toUs, symbol }) => toUs > 0 || symbol === ALL_SYMBOLS);
    return touching(gapSpans([...ofDays, ...others]), { fromUs, toUs });
  }

  /** Returns the days of a span, and the gaps of the feed as far as they may reach into it. */
  async #look(feed: string, fromUs: number, toUs: number) {
    if (fromUs >= toUs) return { days: [], spans: [] };
    const span = { fromUs: Math.max(0, fromUs), toUs };
    const inside = await this.#known(feed, await this.#daysOf(feed, span));
    const beside = await this.#beside(feed, inside);
    const spans = gapSpans([...inside.flatMap(({ day }) => day.gaps), ...beside]);
    const found = inside.map((known) => withReachingGaps(known, spans));
    const unmade = await this.#unmadeOf(feed, span);
    return { days: [...found, ...unmade].sort((a, b) => a.day < b.day ? -1 : 1), spans };
  }

  async #known(feed: string, days: readonly SpanDay[]): Promise<KnownDay[]> {
    const known = await Promise.all(days.map(({ day, version }) => this.#day(feed, day, version)));
    return known.filter((day) => day !== undefined);
  }

  /**
   * Returns the gaps recorded on a feed's other days: a gap is recorded where it begins and where it
   * ends, which may be far from the days that it reaches into.
   */
  async #beside(feed: string, inside: readonly KnownDay[]): Promise<GapSpan[]> {
    const atUs = nowUs();
    const lately = { fromUs: atUs - LATE_DAYS * DAY_US, toUs: atUs + DAY_US };
    const late = await this.#daysOf(feed, lately);
    const past = await this.#past.of(
      feed,
      GATEWAY_LIMITS.archivePastGapsMs,
      () => this.#pastGaps(feed),
    );
    const seen = new Set([...inside.map(({ day }) => day.day), ...late.map(({ day }) => day)]);
    const recent = (await this.#known(feed, late))
      .filter(({ day }) => !inside.some((known) => known.day.day === day.day));
    return [
      ...past.flatMap(({ day, gaps }) => seen.has(day) ? [] : gaps),
      ...recent.flatMap(({ day }) => day.gaps),
    ];
  }

  async #pastGaps(feed: string): Promise<PastDay[]> {
    const days = await this.#lookFor(feed, { fromUs: 0, toUs: nowUs() + DAY_US });
    return await pastGaps(days, async ({ day, version }) => {
      return (await this.#load(feed, day, version))?.day.gaps ?? [];
    });
  }

  async coveredUs(feed: string): Promise<number> {
    const toUs = nowUs() + DAY_US;
    // A recording may be of years ago, and has no newer day.
    for (const fromUs of [toUs - NEAR_DAYS * DAY_US, 0]) {
      const days = await this.#daysOf(feed, { fromUs, toUs });
      for (const { day, version } of days.toReversed()) {
        const known = await this.#day(feed, day, version);
        if (known !== undefined && known.day.toUs > 0) return known.day.toUs;
      }
    }
    return 0;
  }

  deadLetters(): Promise<Record<string, number>> {
    return this.#letters.of(
      "",
      GATEWAY_LIMITS.archiveOpenDayMs,
      async () => (await countLetters(this.#storage, this.#env)).byComponent,
    );
  }

  #daysOf(feed: string, span: { fromUs: number; toUs: number }): Promise<SpanDay[]> {
    const key = `${feed} ${dayOfUs(span.fromUs)} ${dayOfUs(span.toUs - 1)}`;
    return this.#spans.of(key, GATEWAY_LIMITS.archiveOpenDayMs, () => this.#lookFor(feed, span));
  }

  /** Days that a caller would otherwise take for days on which nothing came. */
  #unmadeOf(feed: string, { fromUs, toUs }: { fromUs: number; toUs: number }) {
    const key = `${feed} ${dayOfUs(fromUs)} ${dayOfUs(toUs - 1)}`;
    return this.#unmade.of(key, GATEWAY_LIMITS.archiveClosedDayMs, async () => {
      const query = { env: this.#env, feed, fromUs, toUs, nowUs: nowUs() };
      return (await unmadeDays(this.#storage, query)).map(unmadeDay);
    });
  }

  async #lookFor(feed: string, span: { fromUs: number; toUs: number }): Promise<SpanDay[]> {
    try {
      return await archivedDays(this.#storage, { env: this.#env, feed, ...span });
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  }

  #day(feed: string, day: string, version: string): Promise<KnownDay | undefined> {
    const key = `${feed}/${version}/${day}`;
    const { archiveOpenDayMs, archiveClosedDayMs } = GATEWAY_LIMITS;
    const isNow = day >= dayOfUs(nowUs() - DAY_US / 4);
    const keptMs = isNow ? archiveOpenDayMs : archiveClosedDayMs;
    return this.#days.of(key, keptMs, () => this.#load(feed, day, version));
  }

  async #load(feed: string, day: string, version: string): Promise<KnownDay | undefined> {
    const manifestId = { kind: "normalized" as const, env: this.#env, feed, version, day };
    const manifest = await loadManifest(this.#storage, manifestId);
    return manifest && knownDay(manifest, version);
  }
}

/** A feed that was never archived has no records, which is not an error. */
function isAbsent(error: unknown): boolean {
  return error instanceof ArchiveError && error.code === "ARCHIVE_NOT_FOUND";
}

/** Returns a day with all gaps that reach into it, whichever day they were recorded on. */
function withReachingGaps({ day, captured }: KnownDay, spans: readonly GapSpan[]): ArchivedDay {
  const dayUs = usOfDay(day.day);
  const span = { fromUs: dayUs, toUs: dayUs + DAY_US };
  const { ordered } = captured;
  const gaps = touching(spans, span).filter(({ symbol, fromUs, toUs }) =>
    toUs > 0 || fromUs >= dayUs || symbol === ALL_SYMBOLS || (ordered?.includes(symbol) ?? true)
  );
  const isCrossed = gaps.some(({ fromUs, toUs }) => fromUs < dayUs || toUs > span.toUs);
  return { ...day, gaps, ...(isCrossed && { quality: qualityOf(captured, gaps.map(lossOf)) }) };
}

function knownDay(manifest: Manifest, version: string): KnownDay {
  const { feed, day, status, quality, symbols, count, bytes, files, gaps } = manifest;
  let fromUs = Infinity;
  let toUs = 0;
  const types = new Map(
    EVENT_TYPES.map((type) => [type, { type, files: 0, records: 0, bytes: 0 }]),
  );
  for (const file of files) {
    fromUs = Math.min(fromUs, usOfNsText(file.from));
    toUs = Math.max(toUs, usOfNsText(file.to));
    const tally = file.type && types.get(file.type);
    if (!tally) continue;
    tally.files++;
    tally.records += file.count;
    tally.bytes += file.bytes;
  }
  const times = { from: nsText(fromUs === Infinity ? 0 : fromUs), to: nsText(toUs) };
  return {
    day: {
      ...{ feed, day, version, status, quality, symbols, bytes, toUs },
      sealed: files.length > 0 && files.every(isSealedDay),
      records: count,
      fromUs: fromUs === Infinity ? 0 : fromUs,
      types: [...types.values()].filter(({ files }) => files > 0),
      gaps: gaps.filter(isMissing).map((gap) => spanOf(gap, feed)),
    },
    captured: {
      ...{ day, symbols, gaps, ordered: manifest.ordered },
      files: files.length === 0 ? [] : [times],
    },
  };
}

function unmadeDay({ feed, day, version, why }: Unmade): ArchivedDay {
  const fromUs = usOfDay(day);
  const gap: GapSpan = {
    ...{ symbol: ALL_SYMBOLS, feed, reason: "no_records", channel: "all" },
    ...{ fromUs, toUs: fromUs + DAY_US, missed: null, recovered: false },
    detail: `${why} See ssmd reprocess run.`,
  };
  return {
    ...{ feed, day, version, status: "partial", sealed: false, quality: 0, symbols: 0 },
    ...{ records: 0, bytes: 0, fromUs: 0, toUs: 0, types: [], gaps: [gap] },
  };
}

function spanOf(
  { symbol, reason, channel = "all", from, to, missed, recovered, detail }: ManifestGap,
  feed: string,
) {
  const span = { symbol, feed, reason, channel, missed, recovered, detail };
  return { ...span, fromUs: usOfNsText(from), toUs: usOfNsText(to) };
}

function lossOf({ symbol, reason, channel, fromUs, toUs, recovered }: GapSpan) {
  return { symbol, reason, channel, recovered, from: nsText(fromUs), to: nsText(toUs) };
}
