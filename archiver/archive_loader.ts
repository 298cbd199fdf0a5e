import { dayOfUs, loadManifest } from "@ssmd/archive";
import { DAY_US, type Logger, sleep } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { type MinuteOfRecords, readNames } from "./archived_names.ts";
import { loadDay } from "./day_loader.ts";
import type { FlushScheduler } from "./flush_scheduler.ts";
import { notWritten, type StorageRetry } from "./storage_retry.ts";
import type { WindowRouter } from "./window_router.ts";

const OPEN_LOOK_MS = 5;
/** Days before today that may have been left open. */
const DAYS_BACK = 7;

/** Options of {@linkcode ArchiveLoader}. */
interface ArchiveLoaderOptions {
  env: string;
  storage: Storage;
  storageRetry: StorageRetry;
  router: WindowRouter;
  scheduler: FlushScheduler;
  /** Fencing token of the archive's lease. */
  token: () => number | undefined;
  /** "" = no shards. */
  shard: string;
  /** Called when waiting messages may have moved into windows. */
  onLoaded: () => void;
  nowUs: () => number;
  logger: Logger;
}

/** Loads days and archived names from storage in the background. */
export class ArchiveLoader {
  #options: ArchiveLoaderOptions;
  #isAllowed = Promise.withResolvers<void>();
  #work = new Set<Promise<void>>();

  /** Loads no day before `allow`. */
  constructor(options: ArchiveLoaderOptions) {
    this.#options = options;
  }

  /** Allows loading, once the lease is held: unnamed files of a day may be another archiver's. */
  allow(): void {
    this.#isAllowed.resolve();
  }

  /** Loads a day once allowed. */
  async loadDay(feed: string, day: string): Promise<void> {
    await this.#isAllowed.promise;
    void this.background(this.#load(feed, day));
  }

  async #load(feed: string, day: string): Promise<void> {
    const { env, storage, storageRetry, router, token, shard, logger, onLoaded } = this.#options;
    const loaded = await storageRetry.run(
      `open the archive of ${feed} ${day}`,
      () => loadDay(storage, { env, feed, day }, { logger, token: token(), shard }),
    );
    router.dayLoaded(loaded);
    onLoaded();
  }

  /** Resolves when a day can take records. Rejects when storage retries were given up. */
  async openDay(feed: string, day: string): Promise<void> {
    const { router, storageRetry } = this.#options;
    while (router.loaded(feed, day) === undefined) {
      router.prepare(feed, day);
      if (storageRetry.given) throw notWritten(storageRetry.problem);
      await sleep(OPEN_LOOK_MS);
    }
  }

  /** Loads days before today that are open, so that they get their final status. */
  async openOldDays(feed: string): Promise<void> {
    const { env, storage, storageRetry, router, nowUs } = this.#options;
    for (let back = 1; back <= DAYS_BACK; back++) {
      const day = dayOfUs(nowUs() - back * DAY_US);
      const manifest = await storageRetry.run(
        `read the manifest of ${feed} ${day}`,
        () => loadManifest(storage, { kind: "normalized", env, feed, day }),
      );
      if (manifest?.status === "open") router.prepare(feed, day);
    }
  }

  /** Reads the archived names of a minute. */
  loadNames(minute: MinuteOfRecords): Promise<void> {
    return this.background(this.#loadNames(minute));
  }

  /** Writes all windows first, so that the archive holds every record of the minute. */
  async #loadNames(minute: MinuteOfRecords): Promise<void> {
    const { env, storage, storageRetry, router, scheduler, onLoaded } = this.#options;
    await scheduler.idle();
    scheduler.begin(() => Infinity);
    await scheduler.idle();
    const names = await storageRetry.run(
      `read what is archived of a minute of ${minute.feed}`,
      () => readNames(storage, env, minute),
    );
    router.namesLoaded(minute, names);
    onLoaded();
  }

  /** Tracks work for `settled`; it fails only when the archiver closes before its end. */
  background(work: Promise<void>): Promise<void> {
    const done: Promise<void> = work
      .catch((error) => this.#options.logger.debug("gave up", { error }))
      .finally(() => this.#work.delete(done));
    this.#work.add(done);
    return work;
  }

  /** Resolves when no message waits for a load. */
  async untilNothingWaits(): Promise<void> {
    const { router } = this.#options;
    while (router.waiting > 0 && this.#work.size > 0) await Promise.race(this.#work);
  }

  /** Resolves when no load is in progress. */
  async settled(): Promise<void> {
    await Promise.all(this.#work);
  }
}
