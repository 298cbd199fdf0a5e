import {
  type ComponentHealth,
  Health,
  type Logger,
  messageOf,
  nowUs,
  type ServiceLease,
  sleep,
  SsmdError,
} from "@ssmd/runtime";
import type { Consumer, StreamHole } from "@ssmd/transport";
import { BatchProcessor } from "./batch_processor.ts";
import { BetweenBatches } from "./between_batches.ts";
import { hasRecords, inputFilters } from "./catch_up.ts";
import { PassingTrouble } from "./passing_trouble.ts";
import { StreamProgress } from "./stream_progress.ts";
import { SignalSet, type WantedSignal } from "./signal_set.ts";
import { signalsLease } from "./signals_lease.ts";
import { requireWork } from "./signals_health.ts";
import { SignalsMetrics } from "./signals_metrics.ts";
import { SnapshotKeeper } from "./snapshot_keeper.ts";
import { StreamReader } from "./stream_reader.ts";
import { StreamSubscriber } from "./stream_subscriber.ts";
import { StateRebuild } from "./state_rebuild.ts";
import { Switchboard } from "./switchboard.ts";
import type { SignalServiceOptions, SignalServiceStats } from "./service_options.ts";
import { respondToRequests } from "./requests.ts";

/** Maximum wait for storage and bus on close. */
const CLOSE_MS_MAX = 20_000;
const TICK_MS = 500;

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
  #switches: Switchboard;
  #rebuild: StateRebuild;
  #set: SignalSet;
  #processor: BatchProcessor;
  #reader: StreamReader;
  #consumer: Consumer | undefined;
  #responder: { unsubscribe(): void } | undefined;
  #progress = new StreamProgress();
  #lease: ServiceLease;
  #trouble: PassingTrouble;
  #between = new BetweenBatches(() => this.#subscriber.wake());
  #timer: ReturnType<typeof setInterval> | undefined;
  #isLive = false;
  /** Whether records existed at the start; undefined = unknown. */
  #hadRecords: boolean | undefined;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #failed = Promise.withResolvers<SsmdError>();

  /** Creates a stopped service. */
  constructor(options: SignalServiceOptions) {
    const { env, shard = "main", hosts = 1, storage, logger } = options;
    this.#options = options;
    this.#logger = logger;
    this.#metrics = new SignalsMetrics(options.metrics);
    this.#health = (options.health ?? new Health()).component("signals");
    this.#set = new SignalSet({ env, shard, hosts, storage, logger });
    this.#lease = signalsLease(options, shard);
    this.#lease.lost.then((error) => this.#fail(error));
    this.#subscriber = this.#newSubscriber();
    this.#trouble = new PassingTrouble({
      logger,
      onTry: () => this.#metrics.errors.inc({ error_type: "passing" }),
      ended: this.#subscriber.ended,
    });
    this.#processor = this.#newProcessor(shard);
    this.#reader = new StreamReader({
      ...{ source: options, progress: this.#progress, trouble: this.#trouble, logger },
      ...{ subscriber: this.#subscriber, processor: this.#processor, between: this.#between },
      metrics: this.#metrics,
      deliveredSequence: () => this.#consumer?.position.sequence,
    });
    this.#rebuild = new StateRebuild({
      ...{ source: options, hosts, between: this.#between, progress: this.#progress, logger },
      archiveAll: options.archiveAll,
      takeAll: () => this.#takeAll(),
    });
    this.#switches = this.#newSwitches();
  }

  #newSubscriber(): StreamSubscriber {
    const { waitingBytesMax } = this.#options;
    return new StreamSubscriber({
      onFull: (isFull) => isFull ? this.#consumer?.pause() : this.#consumer?.resume(),
      ...(waitingBytesMax && { waitingBytesMax }),
      onUnreadable: ({ subject }, error) => {
        this.#metrics.errors.inc({ error_type: "decode" });
        this.#logger.warn("a message cannot be read", { subject, error: messageOf(error) });
      },
    });
  }

  #newProcessor(shard: string): BatchProcessor {
    const metrics = this.#metrics;
    const snapshots = new SnapshotKeeper({ ...this.#options, shard, metrics });
    return new BatchProcessor({
      ...{ source: this.#options, set: this.#set, progress: this.#progress },
      ...{ snapshots, trouble: this.#trouble, metrics, logger: this.#logger },
      onProcessed: (items) => this.#rebuild.note(items),
      onQuarantined: async () => void await this.#switches.record("quarantine"),
      onSaved: (sequence) => this.#consumer?.acknowledge(sequence),
    });
  }

  #newSwitches(): Switchboard {
    return new Switchboard({
      ...{ set: this.#set, progress: this.#progress, between: this.#between },
      ...{ rebuild: this.#rebuild, logger: this.#logger },
      readSignals: this.#options.readSignals,
      lagSeconds: () => this.#lagSeconds(),
      onSwitched: async () => {
        await this.#processor.saveSnapshot();
        for (const id of this.#set.ids) this.#metrics.fires.inc({ signal: id }, 0);
      },
    });
  }

  /** Resolves with the error when signals can no longer run; the process should exit. */
  get failed(): Promise<SsmdError> {
    return this.#failed.promise;
  }

  stats(): SignalServiceStats {
    return {
      records: this.#processor.records,
      fires: this.#processor.fires.count,
      repeated: this.#processor.fires.repeated,
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
    const answer = this.#switches.asked.bind(this.#switches);
    this.#responder = await respondToRequests(transport, env, answer);
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
    await this.#processor.close();
    await this.#set.close();
    await this.#lease.release();
  }

  async #run(expected: readonly WantedSignal[]): Promise<void> {
    const wanted = await this.#lead(expected);
    if (wanted.length === 0) return;
    const start = await this.#processor.open(wanted, this.#hadRecords);
    const action = start.isChanged ? "deploy" : undefined;
    await this.#switches.begin(start.isFirst ? "start" : action);
    await this.#trouble.through(() => this.#reader.catchUp(start.from));
    this.#isLive = true;
    this.#logger.info("signals run", {
      signals: this.#set.ids.join(" "),
      fires: this.#processor.fires.count,
    });
    // Signals that did not run in the snapshot are added beside the stream.
    if (start.isPartial) {
      this.#switches.switchTo(wanted).catch((error) => this.#failUnlessEnded(error));
    }
    await this.#reader.follow();
  }

  async #missed(hole: StreamHole): Promise<void> {
    if (this.#subscriber.isEnded) return;
    await this.#reader.takeMissed(hole).catch((error) => this.#failUnlessEnded(error));
  }

  /** A failure here ends the service: the running signals may have missed records. */
  async #takeAll(): Promise<void> {
    try {
      await this.#reader.takeAll();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  #failUnlessEnded(error: unknown): void {
    if (!this.#subscriber.isEnded) this.#fail(error);
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
    const unstored = this.#processor.fires.unstoredSeconds;
    return isWaiting ? Math.max(unstored, this.#progress.ageSeconds(nowUs())) : unstored;
  }

  #tick(): void {
    if (this.#processor.isSnapshotDue) this.#subscriber.wake();
    this.#health.look();
    this.#metrics.lagSeconds.set(this.#lagSeconds());
    this.#metrics.waiting.set(this.#subscriber.waiting);
    this.#metrics.quarantined.set(this.#set.quarantined);
  }
}
