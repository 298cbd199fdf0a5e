import {
  ArchiveError,
  type ComponentHealth,
  Health,
  LIMITS,
  type Logger,
  messageOf,
  Metrics,
  nowUs as systemNowUs,
  ProgressWatch,
  silentLogger,
  sleep,
  SsmdError,
} from "@ssmd/runtime";
import { recordFilters, streamNameOf } from "@ssmd/market";
import { dayOfUs, loadManifest } from "@ssmd/archive";
import type { Consumer, InMessage } from "@ssmd/transport";
import { ArchiveLease } from "./archive_lease.ts";
import { ArchiverMetrics } from "./archiver_metrics.ts";
import { type MinuteOfRecords, readNames } from "./archived_names.ts";
import type { Archiver, ArchiverOptions, ArchiverStats } from "./archiver_options.ts";
import type { Day } from "./day.ts";
import { loadDay } from "./day_loader.ts";
import { requireWork } from "./archiver_health.ts";
import { DeadLetters } from "./dead_letters.ts";
import { waitUntilCaughtUp } from "./drain.ts";
import { notWritten, StorageRetry } from "./storage_retry.ts";
import { WindowRouter } from "./window_router.ts";
import { DayEndChecks } from "./qa/day_end.ts";
import { BusGaps } from "./repair/bus_gaps.ts";
import { LateDays } from "./late_days.ts";
import { FlushScheduler } from "./flush_scheduler.ts";

const TICK_MS = 500;
/** Time that a window waits for late records behind its minute, and without any. */
const GRACE_US = 2_000_000;
const GRACE_TICKS = GRACE_US / 1000 / TICK_MS;
/** Ticks in which a file is being written and storage neither takes nor refuses it: ten minutes. */
const STUCK_TICKS_MAX = 2 * 600;
const MINUTE_US = 60_000_000;
const DAY_US = 86_400_000_000;
const OPEN_LOOK_MS = 5;
/** Days before today that a stopped archiver may have left open. */
const DAYS_BACK = 7;
/** Longest wait for another archiver of the environment to end. */
const LEASE_WAIT_MS = 15_000;
/** Longest wait of `close` for storage. */
const CLOSE_MS = 30_000;

/** An archiver for one environment. */
export function createArchiver(options: ArchiverOptions): Archiver {
  return new ArchiverService(options);
}

class ArchiverService implements Archiver {
  #options: ArchiverOptions;
  #logger: Logger;
  #metrics: ArchiverMetrics;
  #nowUs: () => number;
  #bytesMax: number;
  #flushTicks: number;
  #intake: WindowRouter;
  #dead: DeadLetters;
  #storageRetry: StorageRetry;
  #rounds: FlushScheduler;
  #lease: ArchiveLease;
  #busGaps: BusGaps;
  #leaseHeld = Promise.withResolvers<void>();
  #superseded = Promise.withResolvers<SsmdError>();
  #storageAway = Promise.withResolvers<void>();
  #dayEnd: DayEndChecks;
  #consumer: Consumer | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #paused = false;
  #lateDays = new LateDays();
  #writing = new ProgressWatch(STUCK_TICKS_MAX);
  #duplicatesReported = 0;
  #health: ComponentHealth;
  #loads = new Set<Promise<void>>();

  constructor(options: ArchiverOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#metrics = new ArchiverMetrics(options.metrics ?? new Metrics("archiver"));
    this.#nowUs = options.clock ?? systemNowUs;
    this.#bytesMax = options.windowBytesMax ?? LIMITS.archiveWindowBytesMax;
    this.#flushTicks = Math.max(1, Math.round((options.flushMs ?? Infinity) / TICK_MS));
    this.#dead = new DeadLetters(options.env, options.transport, {
      logger: this.#logger,
      metrics: this.#metrics,
    });
    this.#storageRetry = new StorageRetry(this.#logger, this.#metrics, this.#storageAway.resolve);
    this.#intake = new WindowRouter({
      env: options.env,
      loadDay: (feed, day) => void this.#loadLater(feed, day),
      loadNames: (minute) => void this.#background(this.#loadNames(minute)),
      refuse: (message, reason, why) => this.#dead.add(message, reason, why),
    });
    this.#dayEnd = new DayEndChecks({
      ...{ storage: options.storage, env: options.env, checks: options.checks ?? new Map() },
      software: `${options.version}+${options.commit}`,
      ...{ metrics: this.#metrics, logger: this.#logger },
    });
    this.#lease = new ArchiveLease({
      ...{ env: options.env, shard: options.shard ?? "main", logger: this.#logger },
      ...{ storage: options.storage, transport: options.transport },
      onLost: (holder) => this.#leaseLost(holder),
      onAway: (error) => this.#leaseIsAway(error),
    });
    this.#busGaps = this.#newBusGaps();
    this.#rounds = this.#newRounds();
    this.#health = (options.health ?? new Health()).component("archiver");
  }

  #newBusGaps(): BusGaps {
    const { env, feeds, transport, storage } = this.#options;
    const intake = this.#intake;
    const loadedOf = (feed: string) =>
      [...intake.days()].filter((day) => day.manifest.feed === feed);
    return new BusGaps({
      ...{ env, transport, logger: this.#logger, metrics: this.#metrics, nowUs: this.#nowUs },
      store: () => ({ storage, token: this.#lease.token }),
      feeds: () => new Set([...feeds, ...intake.feeds()]),
      lastUsOf: (feed) => Math.max(0, ...loadedOf(feed).map(({ lastUs }) => lastUs)),
      insist: (what, action) => this.#storageRetry.run(what, action),
      background: (work) => void this.#background(work),
      archiveAll: () => this.flush(),
      openDay: (feed, day) => this.#openDay(feed, day),
      insert: (event, payload) => {
        if (!intake.insert(event, payload)) {
          throw new ArchiveError("DAY_NOT_LOADED", `${event.feed} cannot take a record.`, {
            hint: "It is tried again.",
          });
        }
      },
    });
  }

  async #openDay(feed: string, day: string): Promise<void> {
    while (this.#intake.loaded(feed, day) === undefined) {
      this.#intake.prepare(feed, day);
      if (this.#storageRetry.given) throw notWritten(this.#storageRetry.problem);
      await sleep(OPEN_LOOK_MS);
    }
  }

  #newRounds(): FlushScheduler {
    const { env, transport, storage, version, commit, shard = "main" } = this.#options;
    return new FlushScheduler({
      intake: this.#intake,
      storage,
      storageRetry: this.#storageRetry,
      source: {
        env,
        feed: "",
        processor: `archiver-${shard}`,
        software: { version, commit },
        source: `${transport.type} ${streamNameOf(env)}`,
      },
      logger: this.#logger,
      metrics: this.#metrics,
      nowUs: this.#nowUs,
      token: () => this.#lease.token,
      ordered: this.#options.ordered,
      createdAtUs: () => this.#busGaps.createdAtUs,
      acknowledge: async (streamSequence) => {
        await this.#dead.stored();
        this.#consumer?.acknowledge(streamSequence);
      },
      onEnd: () => this.#room(),
      onDayOver: (feed, day) => this.#dayEnd.dayOver(feed, day),
    });
  }

  get superseded(): Promise<SsmdError> {
    return this.#superseded.promise;
  }

  async start(): Promise<void> {
    const { transport } = this.#options;
    requireWork(this.#health, {
      transport,
      subscribed: () => this.#consumer !== undefined,
      storageProblem: () => this.#storageRetry.problem,
      paused: () => this.#paused,
      leaseProblem: () => this.#lease.problem,
      dayProblem: () => this.#lateDays.problem,
      writingProblem: () => this.#writingProblem(),
    });
    // Storage that is away keeps nobody from starting: the bus, or the spool, holds what comes.
    await Promise.race([this.#background(this.#begin()), this.#storageAway.promise]);
  }

  async #begin(): Promise<void> {
    const { feeds, transport, leaseWaitMs = LEASE_WAIT_MS } = this.#options;
    // What a bus of this process does not deliver now is gone.
    if (!transport.durable) await this.#consume();
    await this.#lease.acquire(leaseWaitMs);
    this.#leaseHeld.resolve();
    const today = dayOfUs(this.#nowUs());
    for (const feed of feeds) {
      this.#intake.prepare(feed, today);
      void this.#background(this.#openOldDays(feed));
    }
    await this.#busGaps.begin();
    if (transport.durable) await this.#consume();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  async #consume(): Promise<void> {
    const { env, transport, shard = "main" } = this.#options;
    this.#consumer = await transport.consume({
      name: `archiver-${shard}`,
      filters: recordFilters(env),
      onMessage: (message) => this.#onMessage(message),
    });
  }

  stats(): ArchiverStats {
    const { records, fires, duplicates, withoutId } = this.#intake;
    return {
      records,
      fires,
      duplicates,
      withoutId,
      deadLettered: this.#dead.count,
      filesWritten: this.#rounds.files,
      bytesWritten: this.#rounds.bytesWritten,
      bufferedBytes: this.#bufferedBytes(),
      paused: this.#paused,
      storageProblem: this.#storageRetry.problem,
    };
  }

  async flush(): Promise<void> {
    await this.#drain();
    await this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    while (this.#intake.waiting > 0 && this.#loads.size > 0) await Promise.race(this.#loads);
    await this.#rounds.idle();
    this.#rounds.begin(() => Infinity);
    await this.#rounds.idle();
  }

  async close(options: { timeoutMs?: number } = {}): Promise<void> {
    const timeout = setTimeout(() => this.#storageRetry.giveUp(), options.timeoutMs ?? CLOSE_MS);
    if (this.#lease.problem !== "") await this.#lease.release();
    try {
      await this.#drain();
      this.#consumer?.pause();
      await this.#writeAll();
      if (this.#bufferedBytes() > 0) throw notWritten(this.#storageRetry.problem);
    } finally {
      clearTimeout(timeout);
      this.#health.close();
      this.#storageRetry.giveUp();
      await this.#busGaps.close();
      await Promise.all(this.#loads);
      clearInterval(this.#timer);
      await this.#dayEnd.close();
      await this.#consumer?.close();
      await this.#dead.close();
      await this.#lease.release();
    }
  }

  #leaseIsAway(error: unknown): void {
    const code = error instanceof SsmdError ? error.code : "UNKNOWN";
    this.#metrics.storageErrors.inc({ code });
    this.#logger.error("the archive's lease cannot be asked for; it is tried again", { error });
    this.#storageAway.resolve();
  }

  /** What is in windows comes to the other archiver: nothing of it was acknowledged. */
  #leaseLost(holder: string): void {
    this.#logger.error("another archiver has taken over: this one writes nothing any more", {
      holder,
    });
    this.#consumer?.pause();
    this.#storageRetry.giveUp();
    this.#superseded.resolve(
      new SsmdError("ARCHIVER_SUPERSEDED", `${holder} has taken over the archive`, {
        hint: "nothing is lost; a new start waits until the other one ends",
        context: { env: this.#options.env },
      }),
    );
  }

  async #drain(): Promise<void> {
    if (this.#consumer === undefined) return;
    const { env, feeds, transport } = this.#options;
    const whole = await waitUntilCaughtUp({
      transport,
      env,
      feeds,
      intake: this.#intake,
      busy: () => this.#rounds.busy && this.#storageRetry.problem === "",
      stop: () => this.#storageRetry.given,
    });
    if (!whole) {
      this.#logger.warn("the bus holds records that it did not deliver in time; they come again");
    }
  }

  #bufferedBytes(): number {
    return this.#intake.openBytes + this.#intake.waitingBytes + this.#rounds.bytes;
  }

  #onMessage(message: InMessage): void {
    this.#busGaps.see(message);
    this.#intake.receive(message);
    if (this.#intake.openBytes + this.#intake.waitingBytes > this.#bytesMax) this.#full();
  }

  /** The limit is reached: all windows are written; while they cannot be, the bus keeps the rest. */
  #full(): void {
    this.#rounds.begin(() => Infinity);
    if (this.#paused || this.#intake.openBytes + this.#intake.waitingBytes <= this.#bytesMax) {
      return;
    }
    this.#paused = true;
    this.#consumer?.pause();
  }

  /** A round ended or a day was loaded: there may be room again. */
  #room(): void {
    if (!this.#paused || this.#rounds.failure !== undefined) return;
    this.#rounds.begin(() => Infinity);
    if (this.#intake.openBytes + this.#intake.waitingBytes > this.#bytesMax) return;
    this.#paused = false;
    this.#consumer?.resume();
  }

  #writingProblem(): string {
    const { failure } = this.#rounds;
    if (failure !== undefined) return `nothing is written any more: ${messageOf(failure)}`;
    return this.#writing.isStuck ? "storage neither takes nor refuses what is written" : "";
  }

  #tick(): void {
    this.#intake.tick++;
    const { busy, files, ended } = this.#rounds;
    this.#writing.look(busy, files + ended + this.#storageRetry.failedTries);
    this.#lateDays.look(this.#intake.days(), this.#nowUs());
    this.#health.look();
    const nowUs = this.#nowUs();
    if (this.#intake.tick % this.#flushTicks === 0) this.#rounds.begin(() => Infinity);
    else this.#rounds.begin((day) => this.#dueMinute(day, nowUs));
    this.#metrics.bufferedBytes.set(this.#bufferedBytes());
    this.#metrics.lagSeconds.set(this.#lagSeconds(nowUs));
    this.#metrics.duplicates.inc(this.#intake.duplicates - this.#duplicatesReported);
    this.#duplicatesReported = this.#intake.duplicates;
  }

  /** The last minute whose windows are over and quiet; undefined when there is none. */
  #dueMinute(day: Day, nowUs: number): number | undefined {
    let due: number | undefined;
    for (const { minute, touchedTick } of day.windows()) {
      const endUs = day.startUs + (minute + 1) * MINUTE_US;
      const over = nowUs >= endUs + GRACE_US && this.#intake.tick - touchedTick >= GRACE_TICKS;
      if (over && minute > (due ?? -1)) due = minute;
    }
    return due;
  }

  #lagSeconds(nowUs: number): number {
    let oldestUs = nowUs;
    for (const day of this.#intake.days()) {
      for (const { builder } of day.windows()) oldestUs = Math.min(oldestUs, builder.firstUs);
    }
    return (nowUs - oldestUs) / 1e6;
  }

  /** Days are opened by who holds the lease: a day's unnamed files may be another archiver's. */
  async #loadLater(feed: string, day: string): Promise<void> {
    await this.#leaseHeld.promise;
    this.#load(feed, day);
  }

  #load(feed: string, day: string): void {
    const { env, storage } = this.#options;
    const loading = async () => {
      const loaded = await this.#storageRetry.run(
        `open the archive of ${feed} ${day}`,
        () =>
          loadDay(storage, { env, feed, day }, {
            ...{ logger: this.#logger, token: this.#lease.token },
          }),
      );
      this.#intake.dayLoaded(loaded);
      this.#room();
    };
    void this.#background(loading());
  }

  /** All windows are written first, so that what is archived is all there is. */
  async #loadNames(minute: MinuteOfRecords): Promise<void> {
    const { env, storage } = this.#options;
    await this.#rounds.idle();
    this.#rounds.begin(() => Infinity);
    await this.#rounds.idle();
    const names = await this.#storageRetry.run(
      `read what is archived of a minute of ${minute.feed}`,
      () => readNames(storage, env, minute),
    );
    this.#intake.namesLoaded(minute, names);
    this.#room();
  }

  /** Days before today that were left open are opened, so that they get their last status. */
  async #openOldDays(feed: string): Promise<void> {
    const { env, storage } = this.#options;
    for (let back = 1; back <= DAYS_BACK; back++) {
      const day = dayOfUs(this.#nowUs() - back * DAY_US);
      const manifest = await this.#storageRetry.run(
        `read the manifest of ${feed} ${day}`,
        () => loadManifest(storage, { kind: "normalized", env, feed, day }),
      );
      if (manifest?.status === "open") this.#intake.prepare(feed, day);
    }
  }

  /** Work that `close` waits for; it fails only when the archiver is closed before its end. */
  #background(work: Promise<void>): Promise<void> {
    const done: Promise<void> = work
      .catch((error) => this.#logger.debug("gave up", { error }))
      .finally(() => this.#loads.delete(done));
    this.#loads.add(done);
    return work;
  }
}
