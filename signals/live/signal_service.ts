import {
  type ComponentHealth,
  Health,
  type Logger,
  messageOf,
  nowUs,
  ServiceLease,
  sleep,
  SsmdError,
} from "@ssmd/runtime";
import type { Consumer, PublishRefusal, StreamHole } from "@ssmd/transport";
import { coldStart, hasRecords, inputFilters, missedItems, publishedFires } from "./catch_up.ts";
import { BetweenBatches } from "./between_batches.ts";
import { FireQueue } from "./fire_queue.ts";
import { OneAhead } from "../supervisor/one_ahead.ts";
import { openSet } from "./open_set.ts";
import { PassingTrouble } from "./passing_trouble.ts";
import { StreamProgress } from "./stream_progress.ts";
import { SignalSet, type WantedSignal } from "./signal_set.ts";
import { requireWork } from "./signals_health.ts";
import { SignalsMetrics } from "./signals_metrics.ts";
import { SnapshotKeeper } from "./snapshot_keeper.ts";
import type { Snapshot } from "./snapshots.ts";
import { StreamSubscriber } from "./stream_subscriber.ts";
import type { StreamItem } from "./stream_item.ts";
import { StateRebuild } from "./state_rebuild.ts";
import { Switchboard } from "./switchboard.ts";
import type { SignalServiceOptions, SignalServiceStats } from "./service_options.ts";
import { respondToRequests } from "./requests.ts";

/** Maximum wait for storage and bus on close. */
const CLOSE_MS_MAX = 20_000;
const BATCH_BYTES_MIN = 64 * 1024;
const BATCH_BYTES_MAX = 1024 * 1024;
const TICK_MS = 500;
const HELD_BACK_MS = 10;

/**
 * Runs signals on the live stream: takes records in bus order, publishes fires, then advances. A
 * snapshot holds the resume position; after a restart, later records are read again and fires
 * already published are skipped.
 */
export class SignalService {
  #options: SignalServiceOptions;
  #logger: Logger;
  #metrics: SignalsMetrics;
  #health: ComponentHealth;
  #subscriber: StreamSubscriber;
  #snapshots: SnapshotKeeper;
  #switches: Switchboard;
  #rebuild: StateRebuild;
  #set: SignalSet;
  #fires: FireQueue | undefined;
  #consumer: Consumer | undefined;
  #responder: { unsubscribe(): void } | undefined;
  #progress = new StreamProgress();
  #lease: ServiceLease;
  #trouble: PassingTrouble;
  #between = new BetweenBatches(() => this.#subscriber.wake());
  #timer: ReturnType<typeof setInterval> | undefined;
  #isLive = false;
  #isCold = false;
  #silentUntilUs = 0;
  /** Whether records existed at the start; undefined = unknown. */
  #hadRecords: boolean | undefined;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #failed = Promise.withResolvers<SsmdError>();
  #records = 0;

  /** Creates a stopped service. */
  constructor(options: SignalServiceOptions) {
    const { env, shard = "main", hosts = 1, storage, logger } = options;
    this.#options = options;
    this.#logger = logger;
    const metrics = this.#metrics = new SignalsMetrics(options.metrics);
    this.#health = (options.health ?? new Health()).component("signals");
    this.#snapshots = new SnapshotKeeper({ ...options, shard, metrics });
    this.#set = new SignalSet({ env, shard, hosts, storage, logger });
    const { archiveAll } = options;
    this.#rebuild = new StateRebuild({
      ...{ source: options, hosts, archiveAll, between: this.#between, progress: this.#progress },
      takeAll: () => this.#takeAll(),
      logger,
    });
    this.#switches = new Switchboard({
      ...{ set: this.#set, progress: this.#progress, between: this.#between, logger },
      rebuild: this.#rebuild,
      readSignals: options.readSignals,
      lagSeconds: () => this.#lagSeconds(),
      onSwitched: async () => {
        await this.#saveSnapshot();
        for (const id of this.#set.ids) metrics.fires.inc({ signal: id }, 0);
      },
    });
    this.#lease = new ServiceLease({
      ...{ cell: options.transport.leaseCell?.(`signals-${shard}`), service: "signals", logger },
      superseded: (holder) =>
        new SsmdError("SIGNALS_SUPERSEDED", `${holder} runs the signals now`, {
          hint: "Nothing is lost: another process took over; if restarted, this one is the standby",
        }),
    });
    this.#lease.lost.then((error) => this.#fail(error));
    this.#subscriber = new StreamSubscriber({
      onFull: (isFull) => isFull ? this.#consumer?.pause() : this.#consumer?.resume(),
      ...(options.waitingBytesMax && { waitingBytesMax: options.waitingBytesMax }),
      onUnreadable: ({ subject }, error) => {
        this.#metrics.errors.inc({ error_type: "decode" });
        logger.warn("a message cannot be read", { subject, error: messageOf(error) });
      },
    });
    this.#trouble = new PassingTrouble({
      logger,
      onTry: () => this.#metrics.errors.inc({ error_type: "passing" }),
      ended: this.#subscriber.ended,
    });
  }

  /** Resolves with the error when signals can no longer run; the process should exit. */
  get failed(): Promise<SsmdError> {
    return this.#failed.promise;
  }

  stats(): SignalServiceStats {
    return {
      records: this.#records,
      fires: this.#fires?.count ?? 0,
      repeated: this.#fires?.repeated ?? 0,
      waiting: this.#subscriber.waiting,
      lagSeconds: this.#lagSeconds(),
    };
  }

  /**
   * Starts the service in the background, resuming from the last snapshot. On a bus without storage
   * it is subscribed on return. Rejects with the transport's errors and those of `readSignals`.
   */
  async start(): Promise<void> {
    const { transport, readSignals } = this.#options;
    requireWork(this.#health, {
      transport,
      isLive: () => this.#isLive || this.#switches.isIdle,
      heldBy: () => this.#lease.heldBy,
      lagSeconds: () => this.#lagSeconds(),
      problem: () => this.#trouble.problem,
    });
    const wanted = await readSignals();
    // Asked before connectors start: what they publish while the lease is waited for is not history.
    if (transport.durable && wanted.length > 0) {
      this.#hadRecords = await hasRecords(this.#options).catch(() => undefined);
    }
    // A bus without storage delivers each message only once.
    if (!transport.durable) {
      if (wanted.length > 0) await this.#subscribe();
      await this.#respond();
    }
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#running = this.#run(wanted).catch((error) => this.#fail(error));
  }

  async #subscribe(): Promise<void> {
    const { env, transport, shard = "main", feeds } = this.#options;
    this.#consumer = await transport.consume({
      name: `signals-${shard}`,
      filters: inputFilters(env, feeds),
      onMessage: (message) => this.#subscriber.push(message),
      // The resume position comes from the snapshot.
      onHole: (hole) => this.#missed(hole),
    });
  }

  async #respond(): Promise<void> {
    const { env, transport } = this.#options;
    this.#responder = await respondToRequests(
      transport,
      env,
      (request) => this.#switches.asked(request),
    );
  }

  /** Waits for the lease, then subscribes; returns the signals to run, empty when ended before. */
  async #lead(expected: readonly WantedSignal[]): Promise<readonly WantedSignal[]> {
    const { transport, readSignals } = this.#options;
    const isOurs = await this.#trouble.through(() => this.#lease.acquire(this.#subscriber.ended));
    if (!isOurs) return [];
    if (transport.durable) await this.#trouble.through(() => this.#respond());
    // Signals may have been deployed while standing by.
    const wanted = transport.durable ? await readSignals() : expected;
    const first = wanted.length === 0
      ? await this.#switches.firstSignals(this.#subscriber.ended)
      : [];
    // The service ended before the first deploy.
    if (wanted.length + first.length === 0) return [];
    if (transport.durable || first.length > 0) await this.#trouble.through(() => this.#subscribe());
    if (!transport.durable && first.length > 0) await this.#options.archiveAll?.();
    if (first.length > 0) this.#hadRecords = undefined;
    return [...wanted, ...first];
  }

  /** Processes the delivered messages, writes a last snapshot and closes. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Storage or bus may hang; unsaved work then repeats from the last snapshot. */
  async #close(): Promise<void> {
    const inTime = new AbortController();
    const ended = this.#end().then(() => true).finally(() => inTime.abort());
    const late = sleep(CLOSE_MS_MAX, inTime.signal).then(() => inTime.signal.aborted);
    if (await Promise.race([ended, late])) return await ended.then(() => {});
    this.#logger.error("signals do not end in time: they go on from their last snapshot");
    ended.catch(() => {});
  }

  async #end(): Promise<void> {
    this.#subscriber.end();
    await this.#running;
    await this.#rebuild.close();
    clearInterval(this.#timer);
    this.#responder?.unsubscribe();
    this.#health.close();
    await this.#consumer?.close();
    await this.#fires?.close();
    await this.#set.close();
    await this.#lease.release();
  }

  async #run(expected: readonly WantedSignal[]): Promise<void> {
    const wanted = await this.#lead(expected);
    if (wanted.length === 0) return;
    const isWhole = await this.#goOn(wanted);
    if (!isWhole) this.#addFresh(wanted);
    let batchBytes = BATCH_BYTES_MIN;
    while (!this.#subscriber.isOver) {
      const items = await this.#subscriber.next(batchBytes);
      // Larger batches cost less per record under backlog.
      batchBytes = this.#subscriber.waiting > 0
        ? Math.min(BATCH_BYTES_MAX, batchBytes * 2)
        : BATCH_BYTES_MIN;
      await this.#pass(items);
      await this.#between.flush();
      if (this.#snapshots.isDue) await this.#saveSnapshot();
    }
    await this.#saveSnapshot();
  }

  /** Adds signals that did not run in the snapshot to those that do, beside the stream. */
  #addFresh(wanted: readonly WantedSignal[]): void {
    this.#switches.switchTo(wanted).catch((error) => {
      if (!this.#subscriber.isEnded) this.#fail(error);
    });
  }

  /**
   * Resumes from the last snapshot and catches up to now. Returns whether all signals run; the
   * others did not run in the snapshot.
   */
  async #goOn(wanted: readonly WantedSignal[]): Promise<boolean> {
    const { env, transport, feeds } = this.#options;
    const { createdAtUs } = await this.#trouble.through(() => transport.state());
    const opening = {
      ...{ source: this.#options, set: this.#set, snapshots: this.#snapshots },
      ...{ trouble: this.#trouble, metrics: this.#metrics, logger: this.#logger },
      hadRecords: this.#hadRecords,
    };
    const { snapshot, isCold, isChanged, isPartial } = await openSet(opening, wanted);
    this.#isCold = isCold;
    // Do not publish fires from before a cold start: the signals did not run then.
    this.#silentUntilUs = snapshot?.silentUntilUs ?? (isCold ? nowUs() : 0);
    this.#progress.stream = { createdAtUs, sequence: 0 };
    const from = snapshot ?? coldStart(feeds, isCold ? this.#set.warmupUs : undefined);
    this.#progress.feeds = { ...from.feeds };
    this.#progress.watermarks = { ...snapshot?.watermarks };
    const published = await this.#trouble.through(() => publishedFires(this.#options, from));
    this.#fires = new FireQueue({
      ...{ env, transport, known: published },
      onRejected: (refusal) => this.#rejected(refusal),
    });
    await this.#fires.restore(snapshot?.fires ?? new Uint8Array(0));
    const action = isChanged ? "deploy" : undefined;
    await this.#switches.begin(snapshot === undefined ? "start" : action);
    await this.#trouble.through(() => this.#catchUp(from));
    this.#isLive = true;
    this.#logger.info("signals run", {
      signals: this.#set.ids.join(" "),
      fires: this.#fires.count,
    });
    return !isPartial;
  }

  /** Reads messages that left the bus unread from the archive, before later ones. */
  async #missed(hole: StreamHole): Promise<void> {
    if (this.#subscriber.isEnded) return;
    this.#metrics.errors.inc({ error_type: "overtaken" });
    this.#logger.warn("the bus has dropped what was not read yet: it is read from the archive", {
      ...{ hole: hole.type, missed: hole.type === "left" ? hole.missed : "unknown" },
    });
    try {
      await this.#between.run(() => this.#takeMissed(hole));
    } catch (error) {
      if (!this.#subscriber.isEnded) this.#fail(error);
    }
  }

  async #takeMissed({ type, stream }: StreamHole): Promise<void> {
    await this.#takeWaiting();
    if (type === "anew") this.#subscriber.restart();
    await this.#trouble.through(() => this.#catchUp(this.#progress.copy()));
    this.#progress.stream.createdAtUs = stream.createdAtUs;
  }

  /** Takes what waits now and not what comes meanwhile: the stream may be faster than the hosts. */
  async #takeWaiting(): Promise<void> {
    for (let left = this.#subscriber.waiting; left > 0;) {
      const items = await this.#subscriber.next(BATCH_BYTES_MAX);
      left -= items.length;
      await this.#pass(items);
    }
  }

  /** Takes all that the bus has: no record is then behind a state that was read from the archive. */
  async #takeAll(): Promise<void> {
    const { transport } = this.#options;
    try {
      if (transport.durable) {
        await this.#takeWaiting();
        return await this.#catchUp(this.#progress.copy());
      }
      const { lastSequence } = await transport.state();
      for (let isDelivered = false; !isDelivered;) {
        isDelivered = (this.#consumer?.position.sequence ?? Infinity) >= lastSequence;
        await this.#takeWaiting();
        // A bus in memory that was held back delivers in turns of the event loop.
        if (!isDelivered) await sleep(HELD_BACK_MS);
      }
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  async #catchUp(from: Pick<Snapshot, "stream" | "feeds">): Promise<void> {
    const items = missedItems(this.#options, from);
    const ahead = new OneAhead<StreamItem[]>((each, onTaken) => this.#pass(each, onTaken));
    try {
      for (;;) {
        const { done, value } = await items.next();
        if (done === true) {
          await ahead.idle();
          this.#progress.stream.sequence = value;
          return this.#subscriber.skipTo(value);
        }
        await ahead.send(value);
        if (!this.#snapshots.isDue || this.#progress.stream.sequence === 0) continue;
        await ahead.idle();
        await this.#saveSnapshot();
      }
    } finally {
      // If reading failed: it may be tried again, but not beside a batch.
      await ahead.idle().catch(() => {});
    }
  }

  /** Calls `onTaken` when the hosts have the items. */
  async #pass(items: readonly StreamItem[], onTaken?: () => void): Promise<void> {
    if (items.length === 0) return;
    const beganMs = performance.now();
    const result = await this.#trouble.through(() => this.#set.take(items, onTaken));
    this.#rebuild.note(items);
    const { fires, quarantined, unreadable } = result;
    if (unreadable > 0) this.#skipped(unreadable);
    const now = fires.filter(({ receivedAtUs }) => receivedAtUs >= this.#silentUntilUs);
    const published = await this.#fires?.publish(now) ?? [];
    for (const fire of published) this.#metrics.fires.inc({ signal: fire.signal });
    const records = this.#progress.moveOn(items);
    this.#records += records;
    this.#snapshots.count(records);
    this.#metrics.records.inc(records);
    for (const { signal, reason } of quarantined) {
      this.#logger.error("a signal did harm and runs no more", { signal, reason });
      await this.#switches.record("quarantine");
    }
    this.#metrics.batchSeconds.observe((performance.now() - beganMs) / 1000);
  }

  #rejected({ id, reason, detail }: PublishRefusal): void {
    this.#metrics.errors.inc({ error_type: "rejected" });
    this.#logger.error("a fire is not stored: the bus refuses it for what it is", {
      ...{ fire: id, reason, detail },
    });
  }

  #skipped(count: number): void {
    this.#metrics.errors.inc({ error_type: "decode" }, count);
    this.#logger.warn("messages that are no records are skipped", { count });
  }

  /** Acknowledges only what a snapshot holds; the bus keeps the rest for a restart. */
  async #saveSnapshot(): Promise<void> {
    const progress = {
      ...this.#progress.copy(),
      ...{ isCold: this.#isCold, silentUntilUs: this.#silentUntilUs },
    };
    const isSaved = await this.#snapshots.save(progress, { set: this.#set, queue: this.#fires });
    if (isSaved && progress.stream.sequence > 0) {
      this.#consumer?.acknowledge(progress.stream.sequence);
    }
  }

  #fail(error: unknown): void {
    const message = this.#trouble.problem = messageOf(error);
    this.#logger.error("signals run no more", { error });
    this.#failed.resolve(
      error instanceof SsmdError
        ? error
        : new SsmdError("SIGNALS_FAILED", message, { hint: "Its log says more" }),
    );
  }

  #lagSeconds(): number {
    const isWaiting = this.#subscriber.waiting > 0 || !this.#isLive;
    const unstored = this.#fires?.unstoredSeconds ?? 0;
    return isWaiting ? Math.max(unstored, this.#progress.ageSeconds(nowUs())) : unstored;
  }

  #tick(): void {
    if (this.#snapshots.isDue) this.#subscriber.wake();
    this.#health.look();
    this.#metrics.lagSeconds.set(this.#lagSeconds());
    this.#metrics.waiting.set(this.#subscriber.waiting);
    this.#metrics.quarantined.set(this.#set.quarantined);
  }
}
