import { tmpdir } from "node:os";
import { normalizerFor, type Venue, venueNamed, VENUES } from "@ssmd/exchanges";
import { isoOfUs, messageOf, nowUs } from "@ssmd/runtime";
import type { Storage, StorageConfig } from "@ssmd/storage";
import type { TranslationState } from "./connection_translation.ts";
import { DayMaker } from "./day_maker.ts";
import { type Executor, inlineExecutor, workerExecutor } from "./executor.ts";
import {
  type Job,
  type JobDay,
  loadStates,
  recipeOf,
  saveJob,
  saveStates,
  type WrittenDay,
} from "./job.ts";
import { missingRaw, planDays, type PlannedDay } from "./plan.ts";
import { rawManifests } from "./raw_connections.ts";
import { openScratch } from "./scratch.ts";
import type { TranslateResult } from "./translate_day.ts";
import { openVersion } from "./version.ts";

/** Options of a reprocess. */
export interface ReprocessOptions {
  storage: Storage;
  /** Environment. */
  env: string;
  /** Feed. */
  feed: string;
  /** Name of the version to make. */
  version: string;
  /** First day, `YYYY-MM-DD`. */
  from: string;
  /** Last day, inclusive. */
  to: string;
  /** Normalizer by id or day; default: that of each connection's first day. */
  normalizer?: string;
  software: { version: string; commit: string };
  /** Parent folder of temporary files; default: the system's (`TMPDIR`). */
  tempDir?: string;
  /** Worker threads, each opening this storage. Default: this thread with `storage`. */
  threads?: { count: number; storage: StorageConfig };
  /** Venues by id; default: all registered. Ignored with threads. */
  venues?: Readonly<Record<string, Venue>>;
  /** Called when a day starts and when it is done. */
  onDay?: (day: string, done: JobDay | undefined) => void;
}

/** Result or plan of a day. */
export interface ReprocessedDay {
  /** `YYYY-MM-DD`. */
  day: string;
  /** `make`: from raw. `keep`: already made from the same raw files. */
  action: "make" | "keep";
  /** Connections with lines of the day. */
  connections: number;
  /** Raw lines in the day's files. */
  lines: number;
  /** Size of the day's raw files. */
  rawBytes: number;
  /** The made day; absent in a plan. */
  made?: JobDay;
}

/** Interval of progress updates, ms. */
const HEARTBEAT_MS = 5_000;

/** With threads: days waiting to be sealed during a translation; their records are on disk. */
const DAYS_BEHIND_MAX = 1;

/**
 * Returns what a reprocess would do. Throws as {@linkcode reprocess} for errors before it starts.
 */
export async function planReprocess(options: ReprocessOptions): Promise<ReprocessedDay[]> {
  const { job, days } = await prepared(options);
  return days.map((planned) => reprocessedDay(planned, job));
}

/**
 * Translates the days' raw files into their own version, never the archiver's. Equal raw files and
 * recipe give byte-identical objects (except `processing` in their lineage). Days already made from
 * the same raw files are kept, so an interrupted run resumes at its first unfinished day. Throws
 * ArchiveError `RAW_MISSING`, `VERSION_EXISTS`, or for damaged files; ConfigError, VenueError,
 * SsmdError `REPROCESS_RUNNING`, StorageError.
 */
export async function reprocess(options: ReprocessOptions): Promise<ReprocessedDay[]> {
  const { storage, tempDir, threads } = options;
  const scratch = await openScratch(tempDir ?? tmpdir(), storage.location, options);
  try {
    const { job, days } = await prepared(options);
    const executor = threads !== undefined && threads.count > 1
      ? workerExecutor(threads.storage, threads.count)
      : inlineExecutor(storage, options.venues);
    try {
      return await new Run(options, job, { executor, scratch: scratch.path }).make(days);
    } finally {
      await executor.close();
    }
  } finally {
    await scratch.release();
  }
}

/** Checks all preconditions before anything is written. */
async function prepared(options: ReprocessOptions): Promise<{ job: Job; days: PlannedDay[] }> {
  const { storage, env, feed, version, from, to, normalizer, software, venues } = options;
  if (normalizer !== undefined) checkNormalizer(normalizer, feed, venues);
  const recipe = recipeOf(normalizer, `${software.version}+${software.commit}`);
  const job = await openVersion(storage, { env, feed, version }, recipe);
  const manifests = await rawManifests(storage, env, feed);
  const days = planDays(manifests, from, to);
  if (days.length > 0) return { job, days };
  throw missingRaw(manifests, options);
}

/** Rejects a mistyped normalizer before reading raw files, if the feed is named like its venue. */
function checkNormalizer(
  normalizer: string,
  feed: string,
  venues: Readonly<Record<string, Venue>> = VENUES,
): void {
  if (Object.hasOwn(venues, feed)) normalizerFor(venueNamed(feed, venues), { day: "", normalizer });
}

function isMade({ days }: Job, { day, input }: PlannedDay): boolean {
  return days[day]?.input === input;
}

function reprocessedDay(planned: PlannedDay, job: Job): ReprocessedDay {
  const { day, connections, lines, bytes } = planned;
  const action = isMade(job, planned) ? "keep" : "make";
  return { day, action, connections: connections.length, lines, rawBytes: bytes };
}

/** A translated day with the connections' states at its end. */
interface TranslatedDay {
  planned: PlannedDay;
  translated: readonly TranslateResult[];
  states: readonly TranslationState[];
}

/** One run over a version's days. */
class Run {
  #options: ReprocessOptions;
  #job: Job;
  /** Day that the previous run was writing when it ended. */
  #left: WrittenDay | null;
  #maker: DayMaker;
  #width: number;
  #startedAt = isoOfUs(nowUs());
  #saving: Promise<void> = Promise.resolve();
  #day = "";
  #days = 0;
  #done = 0;

  constructor(
    options: ReprocessOptions,
    job: Job,
    { executor, scratch }: { executor: Executor; scratch: string },
  ) {
    const { storage, env, feed, version, normalizer, software } = options;
    this.#options = options;
    this.#job = job;
    this.#left = job.writing;
    this.#width = executor.width;
    this.#maker = new DayMaker({
      ...{ storage, executor, software, scratch, versionId: { env, feed, version } },
      ...(normalizer === undefined ? {} : { normalizer }),
    });
  }

  async make(days: readonly PlannedDay[]): Promise<ReprocessedDay[]> {
    const before = this.#job;
    const due = days.filter((planned) => !isMade(before, planned));
    this.#days = due.length;
    if (due.length > 0) await this.#makeNoted(due);
    return days.map((planned) => {
      const result = reprocessedDay(planned, before);
      const made = this.#job.days[planned.day];
      return made === undefined ? result : { ...result, made };
    });
  }

  /** Records progress and the outcome in the job. */
  async #makeNoted(due: readonly PlannedDay[]): Promise<void> {
    const heartbeat = setInterval(() => this.#save(), HEARTBEAT_MS);
    try {
      await this.#makeAll(due);
      this.#job = { ...this.#job, progress: null, failure: "" };
    } catch (error) {
      this.#job = { ...this.#job, progress: null, failure: messageOf(error) };
      throw error;
    } finally {
      clearInterval(heartbeat);
      await this.#save(false);
    }
  }

  /** With threads, seals days while translating the next ones. */
  async #makeAll(days: readonly PlannedDay[]): Promise<void> {
    const writing: Promise<void>[] = [];
    let last: Promise<void> = Promise.resolve();
    let ready: TranslatedDay | undefined;
    const writeReady = () => {
      if (ready === undefined) return;
      last = this.#write(ready, last);
      // The failure surfaces where `last` is awaited.
      last.catch(() => {});
      writing.push(last);
      ready = undefined;
    };
    let states: readonly TranslationState[] | undefined;
    try {
      for (const planned of days) {
        this.#day = planned.day;
        this.#options.onDay?.(planned.day, undefined);
        await this.#save();
        states ??= await this.#statesBefore(planned.day);
        const translating = this.#maker.translate(planned, states);
        // Queue the sealing after the translation: later days depend only on translations.
        writeReady();
        const translated = await translating;
        states = translated.flatMap((each) => each.states);
        ready = { planned, translated, states };
        if (this.#width === 1) writeReady();
        if (this.#width === 1 || writing.length > DAYS_BEHIND_MAX) await writing.shift();
      }
    } finally {
      writeReady();
      // Wait for all writes before the scratch folder is removed.
      await Promise.allSettled(writing);
    }
    await last;
  }

  /** Seals a day at once; publishes it after the earlier days. */
  async #write(
    { planned, translated, states }: TranslatedDay,
    after: Promise<void>,
  ): Promise<void> {
    const { storage, onDay } = this.#options;
    const { day, input } = planned;
    const left = this.#left;
    const isLeft = left?.day === day && left.input === input;
    const part = isLeft ? left.part : await this.#maker.freePart(day);
    const sealed = await this.#maker.seal(day, translated, part);
    await after;
    this.#job = { ...this.#job, writing: { day, input, part } };
    await this.#save();
    const made = await this.#maker.write(planned, translated, sealed);
    await saveStates(storage, this.#job, { day, states });
    const days = sorted({ ...this.#job.days, [day]: made });
    this.#job = { ...this.#job, days, writing: null };
    this.#done++;
    await this.#save();
    onDay?.(planned.day, made);
  }

  /** Loads the states of the last made day before this one; empty without one. */
  async #statesBefore(day: string): Promise<TranslationState[]> {
    const last = Object.keys(this.#job.days).filter((each) => each < day).at(-1);
    return last === undefined ? [] : await loadStates(this.#options.storage, this.#job, last);
  }

  #save(underWay = true): Promise<void> {
    this.#saving = this.#saving.catch(() => {}).then(async () => {
      if (underWay) {
        const progress = {
          ...{ day: this.#day, days: this.#days, done: this.#done, startedAt: this.#startedAt },
          ...{ at: isoOfUs(nowUs()), host: Deno.hostname() },
        };
        this.#job = { ...this.#job, progress };
      }
      await saveJob(this.#options.storage, this.#job);
    });
    // A failed heartbeat surfaces with the next save, which is awaited.
    this.#saving.catch(() => {});
    return this.#saving;
  }
}

function sorted(days: Record<string, JobDay>): Record<string, JobDay> {
  return Object.fromEntries(Object.entries(days).sort(([a], [b]) => (a < b ? -1 : 1)));
}
