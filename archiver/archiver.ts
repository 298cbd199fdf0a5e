import {
  type ComponentHealth,
  Health,
  type Logger,
  messageOf,
  Metrics,
  nowUs as systemNowUs,
  ProgressWatch,
  silentLogger,
  SsmdError,
} from "@ssmd/runtime";
import { DERIVED_TYPES, EVENT_TYPES, recordFilters, streamNameOf } from "@ssmd/market";
import { dayOfUs } from "@ssmd/archive";
import type { ConsumeOptions, Consumer, InMessage, StreamHole } from "@ssmd/transport";
import { ArchiveLoader } from "./archive_loader.ts";
import { ArchiveLease, supersededBy } from "./archive_lease.ts";
import { ArchiverMetrics } from "./archiver_metrics.ts";
import type { Archiver, ArchiverOptions, ArchiverStats } from "./archiver_options.ts";
import { requireWork } from "./archiver_health.ts";
import { DeadLetters } from "./dead_letters.ts";
import { LetterCollector } from "./letter_collector.ts";
import { drain } from "./drain.ts";
import { notWritten, StorageRetry } from "./storage_retry.ts";
import { WindowRouter } from "./window_router.ts";
import { dueMinute, lagSeconds, TICK_MS } from "./window_times.ts";
import { RouterGate } from "./router_gate.ts";
import { BusGaps } from "./repair/bus_gaps.ts";
import { BusRetry } from "./bus_retry.ts";
import { LateDays } from "./late_days.ts";
import { FlushScheduler } from "./flush_scheduler.ts";

/** Ticks without progress of a write before it counts as stuck: ten minutes. */
const STUCK_TICKS_MAX = 2 * 600;
/** Longest wait for the environment's other archiver to end. */
const LEASE_WAIT_MS = 15_000;
/** Longest wait of `close` for storage. */
const CLOSE_MS = 30_000;

/** Creates an archiver for one environment. */
export function createArchiver(options: ArchiverOptions): Archiver {
  return new ArchiverService(options);
}

/** Returns the name used in its lease and durable consumer. */
function nameOf({ shard = "main" }: ArchiverOptions): string {
  return shard;
}

class ArchiverService implements Archiver {
  #options: ArchiverOptions;
  #logger: Logger;
  #metrics: ArchiverMetrics;
  #nowUs: () => number;
  #flushTicks: number;
  #router: WindowRouter;
  #dead: DeadLetters;
  #letters: LetterCollector | undefined;
  #storageRetry: StorageRetry;
  #scheduler: FlushScheduler;
  #lease: ArchiveLease;
  #busGaps: BusGaps;
  #bus: BusRetry;
  #failed = Promise.withResolvers<SsmdError>();
  #away = Promise.withResolvers<void>();
  #consumer: Consumer | undefined;
  /** Stream sequence up to which an earlier process has consumed. */
  #takenBefore = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #lateDays = new LateDays();
  #writing = new ProgressWatch(STUCK_TICKS_MAX);
  #duplicatesReported = 0;
  #health: ComponentHealth;
  #loader: ArchiveLoader;
  #gate: RouterGate;
  #closing: Promise<void> | undefined;

  constructor(options: ArchiverOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#metrics = new ArchiverMetrics(
      options.metrics ?? new Metrics("archiver"),
      { feeds: options.feeds, bucket: options.storage.location },
    );
    this.#nowUs = options.clock ?? systemNowUs;
    this.#flushTicks = Math.max(1, Math.round((options.flushMs ?? Infinity) / TICK_MS));
    this.#dead = new DeadLetters(options.env, options.transport, {
      logger: this.#logger,
      metrics: this.#metrics,
    });
    // Shards' dead letters reach the environment's archiver.
    if (options.shard === undefined) {
      this.#letters = new LetterCollector({
        ...{ env: options.env, transport: options.transport, storage: options.storage },
        ...{ nowUs: this.#nowUs, logger: this.#logger },
      });
    }
    this.#storageRetry = new StorageRetry(this.#logger, this.#metrics, this.#away.resolve);
    this.#bus = new BusRetry(this.#logger, this.#away.resolve);
    this.#router = new WindowRouter({
      env: options.env,
      loadDay: (feed, day) => void this.#loader.loadDay(feed, day),
      loadNames: (minute) => void this.#loader.loadNames(minute),
      refuse: (message, reason, why) => this.#dead.add(message, reason, why),
    });
    this.#lease = new ArchiveLease({
      ...{ env: options.env, shard: nameOf(options), logger: this.#logger },
      ...{ storage: options.storage, transport: options.transport },
      onLost: (holder) => this.#leaseLost(holder),
      onAway: (error) => this.#leaseIsAway(error),
    });
    this.#busGaps = this.#newBusGaps();
    this.#scheduler = this.#newScheduler();
    this.#gate = new RouterGate(this.#router, this.#scheduler, options.windowBytesMax);
    this.#loader = new ArchiveLoader({
      ...{ env: options.env, storage: options.storage, nowUs: this.#nowUs, logger: this.#logger },
      ...{ router: this.#router, scheduler: this.#scheduler, storageRetry: this.#storageRetry },
      ...{ token: () => this.#lease.token, shard: options.shard ?? "" },
      onLoaded: () => this.#gate.look(),
    });
    this.#health = (options.health ?? new Health()).component("archiver");
  }

  #newBusGaps(): BusGaps {
    const { env, feeds, transport, storage, shard = "" } = this.#options;
    const router = this.#router;
    const loadedOf = (feed: string) =>
      [...router.days()].filter((day) => day.manifest.feed === feed);
    return new BusGaps({
      ...{ env, transport, logger: this.#logger, metrics: this.#metrics, nowUs: this.#nowUs },
      store: () => ({ storage, token: this.#lease.token, shard }),
      feeds: () => new Set([...feeds, ...router.feeds()]),
      lastUsOf: (feed) => Math.max(0, ...loadedOf(feed).map(({ lastUs }) => lastUs)),
      retry: (what, action) => this.#storageRetry.run(what, action),
      background: (work) => void this.#loader.background(work),
      archiveAll: () => this.flush(),
      openDay: (feed, day) => this.#loader.openDay(feed, day),
      insert: (event, payload) => router.insert(event, payload),
    });
  }

  #newScheduler(): FlushScheduler {
    const { env, transport, storage, version, commit, shard = "" } = this.#options;
    const { shardsOf = () => [], derivedOnly = false } = this.#options;
    return new FlushScheduler({
      ...{ storage, router: this.#router, storageRetry: this.#storageRetry, nowUs: this.#nowUs },
      source: {
        ...{
          env,
          feed: "",
          processor: `archiver-${nameOf(this.#options)}`,
          software: { version, commit },
        },
        source: `${transport.type} ${streamNameOf(env)}`,
      },
      ...{ logger: this.#logger, metrics: this.#metrics, shard, shardsOf, endsDays: !derivedOnly },
      token: () => this.#lease.token,
      ordered: this.#options.ordered,
      createdAtUs: () => this.#busGaps.createdAtUs,
      acknowledge: async (streamSequence) => {
        await this.#dead.stored();
        this.#consumer?.acknowledge(streamSequence);
      },
      onEnd: () => this.#gate.look(),
    });
  }

  get failed(): Promise<SsmdError> {
    return this.#failed.promise;
  }

  async start(): Promise<void> {
    const { transport } = this.#options;
    requireWork(this.#health, {
      transport,
      subscriptionProblem: () => this.#subscriptionProblem(),
      storageProblem: () => this.#storageRetry.problem,
      paused: () => this.#gate.isPaused,
      leaseProblem: () => this.#lease.problem,
      dayProblem: () => this.#lateDays.problem,
      writingProblem: () => this.#writingProblem(),
    });
    const begun = this.#begin();
    // When `start` has resolved early, later failures are reported through `failed`.
    void this.#away.promise.then(() => begun.catch((error) => this.#beginFailed(error)));
    // Resolves early when storage or bus are away; the bus or the spool keeps the records.
    await Promise.race([this.#loader.background(begun), this.#away.promise]);
  }

  #beginFailed(error: unknown): void {
    if (this.#closing !== undefined) return;
    this.#logger.error("the archiver cannot begin", { error });
    this.#failed.resolve(
      error instanceof SsmdError ? error : new SsmdError("ARCHIVER_FAILED", messageOf(error), {
        hint: "Its log says more",
        cause: error,
      }),
    );
  }

  #subscriptionProblem(): string {
    return this.#consumer === undefined ? this.#bus.problem || "no records are delivered yet" : "";
  }

  async #begin(): Promise<void> {
    const { feeds, transport, derivedOnly, leaseWaitMs = LEASE_WAIT_MS } = this.#options;
    // A bus inside this process does not deliver earlier messages later.
    if (!transport.durable) await this.#consumeAll(undefined);
    await this.#lease.acquire(leaseWaitMs);
    this.#loader.allow();
    const today = dayOfUs(this.#nowUs());
    for (const feed of feeds) {
      this.#router.prepare(feed, today);
      void this.#loader.background(this.#loader.openOldDays(feed));
    }
    const position = derivedOnly === true ? undefined : await this.#busGaps.begin();
    if (transport.durable) {
      await this.#bus.run("subscribe to records", () => this.#consumeAll(position));
      this.#busGaps.began(this.#consumer?.position.createdAtUs ?? 0);
    }
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  async #consumeAll(position: ConsumeOptions["position"]): Promise<void> {
    const { transport } = this.#options;
    this.#consumer ??= await transport.consume({
      name: `archiver-${nameOf(this.#options)}`,
      filters: this.#filters(),
      onMessage: (message) => this.#onMessage(message),
      onHole: (hole) => this.#missed(hole),
      position,
    });
    this.#takenBefore = this.#consumer.startSequence;
    this.#gate.guard(this.#consumer);
    await this.#letters?.start();
  }

  /** Filters of what it consumes. */
  #filters(): string[] {
    const { env, derivedOnly = false } = this.#options;
    return recordFilters(env, derivedOnly ? DERIVED_TYPES : EVENT_TYPES);
  }

  /** The signals service recreates lost fires, as raw does not hold them; actions are lost. */
  async #missed(hole: StreamHole): Promise<void> {
    if (hole.type === "anew") this.#takenBefore = 0;
    if (this.#options.derivedOnly !== true) return await this.#busGaps.missed(hole);
    this.#logger.error("fires and actions may have left the bus before they were archived", {
      ...hole,
    });
  }

  stats(): ArchiverStats {
    const { records, derived, duplicates, withoutId } = this.#router;
    return {
      records,
      derived,
      duplicates,
      withoutId,
      deadLettered: this.#dead.count,
      filesWritten: this.#scheduler.files,
      bytesWritten: this.#scheduler.bytesWritten,
      bufferedBytes: this.#bufferedBytes(),
      paused: this.#gate.isPaused,
      storageProblem: this.#storageRetry.problem,
    };
  }

  async flush(): Promise<void> {
    await this.#drain();
    await this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    await this.#loader.untilNothingWaits();
    await this.#scheduler.idle();
    this.#scheduler.begin(() => Infinity);
    await this.#scheduler.idle();
  }

  close({ timeoutMs = CLOSE_MS }: { timeoutMs?: number } = {}): Promise<void> {
    return this.#closing ??= this.#close(timeoutMs);
  }

  async #close(timeoutMs: number): Promise<void> {
    const timeout = setTimeout(() => this.#storageRetry.giveUp(), timeoutMs);
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
      this.#bus.giveUp();
      await this.#busGaps.close();
      await this.#loader.settled();
      clearInterval(this.#timer);
      await this.#consumer?.close();
      await this.#dead.close();
      await this.#letters?.close();
      await this.#lease.release();
    }
  }

  #leaseIsAway(error: unknown): void {
    const code = error instanceof SsmdError ? error.code : "UNKNOWN";
    this.#metrics.storageErrors.inc({ code });
    this.#logger.error("the archive's lease cannot be asked for; it is tried again", { error });
    this.#away.resolve();
  }

  /** The other archiver receives unwritten windows again, as they were not acknowledged. */
  #leaseLost(holder: string): void {
    this.#logger.error("another archiver has taken over: this one writes nothing any more", {
      holder,
    });
    this.#consumer?.pause();
    this.#storageRetry.giveUp();
    this.#failed.resolve(supersededBy(holder, this.#options.env));
  }

  async #drain(): Promise<void> {
    const consumer = this.#consumer;
    if (consumer === undefined) {
      if (this.#subscriptionProblem() === "" || this.#lease.problem !== "") return;
      this.#logger.warn(
        "the archiver takes nothing: it has not begun, and the bus keeps the rest",
        {
          problem: this.#subscriptionProblem(),
        },
      );
      return;
    }
    await drain({
      ...{ transport: this.#options.transport, filters: this.#filters(), logger: this.#logger },
      reached: () => Math.max(this.#router.processedSequence, this.#takenBefore),
      busy: () => this.#scheduler.busy && this.#storageRetry.problem === "",
      problem: () => this.#gate.isPaused ? this.#storageRetry.problem : "",
      stop: () => this.#storageRetry.given,
    });
  }

  #bufferedBytes(): number {
    return this.#router.openBytes + this.#router.waitingBytes + this.#scheduler.bytes;
  }

  #onMessage(message: InMessage): void {
    this.#busGaps.see();
    this.#router.receive(message);
    this.#gate.check();
  }

  #writingProblem(): string {
    const { failure } = this.#scheduler;
    if (failure !== undefined) return `nothing is written any more: ${messageOf(failure)}`;
    return this.#writing.isStuck ? "storage neither takes nor refuses what is written" : "";
  }

  #tick(): void {
    this.#router.tick++;
    const { busy, files, ended } = this.#scheduler;
    this.#writing.look(busy, files + ended + this.#storageRetry.failedTries);
    this.#lateDays.look(this.#router.days(), this.#nowUs());
    this.#health.look();
    const nowUs = this.#nowUs();
    if (this.#router.tick % this.#flushTicks === 0) this.#scheduler.begin(() => Infinity);
    else this.#scheduler.begin((day) => dueMinute(day, nowUs, this.#router.tick));
    this.#metrics.bufferedBytes.set(this.#bufferedBytes());
    this.#metrics.lagSeconds.set(lagSeconds(this.#router.days(), this.#scheduler.oldestUs, nowUs));
    this.#metrics.duplicates.inc(this.#router.duplicates - this.#duplicatesReported);
    this.#duplicatesReported = this.#router.duplicates;
  }
}
