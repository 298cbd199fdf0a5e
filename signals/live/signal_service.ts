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
import type { Consumer, StreamHole } from "@ssmd/transport";
import { coldStart, inputFilters, missedItems, publishedFires } from "./catch_up.ts";
import { BetweenBatches } from "./between_batches.ts";
import { FireQueue } from "./fire_queue.ts";
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
import { Switchboard } from "./switchboard.ts";
import type { SignalServiceOptions, SignalServiceStats } from "./service_options.ts";
import { respondToRequests } from "./requests.ts";

/** Longest that an end waits for storage and bus. */
const CLOSE_MS_MAX = 20_000;
const BATCH_BYTES_MIN = 64 * 1024;
const BATCH_BYTES_MAX = 1024 * 1024;
const TICK_MS = 500;

/**
 * Signals on a living stream: takes records in the order of the bus, publishes fires, and only then
 * moves on. A snapshot says from where a next life goes on; what came since is read again, and what
 * it fired is not told twice.
 */
export class SignalService {
  #options: SignalServiceOptions;
  #logger: Logger;
  #metrics: SignalsMetrics;
  #health: ComponentHealth;
  #subscriber: StreamSubscriber;
  #snapshots: SnapshotKeeper;
  #switches: Switchboard;
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
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #failed = Promise.withResolvers<SsmdError>();
  #records = 0;

  /** Nothing runs yet. */
  constructor(options: SignalServiceOptions) {
    const { env, shard = "main", hosts = 1, storage, logger } = options;
    this.#options = options;
    this.#logger = logger;
    const metrics = this.#metrics = new SignalsMetrics(options.metrics);
    this.#health = (options.health ?? new Health()).component("signals");
    this.#snapshots = new SnapshotKeeper({ ...options, shard, metrics });
    this.#set = new SignalSet({ env, shard, hosts, storage, logger });
    this.#switches = new Switchboard({
      ...{ set: this.#set, progress: this.#progress, between: this.#between, logger },
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
          hint: "Nothing is lost: start it again, and it stands by",
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

  /** Resolves when signals can run no more: end the process. Never else. */
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
   * Subscribes, takes over where an earlier life ended and goes on from there. Resolves when it is
   * subscribed; rejects as bus and storage do, and with ConfigError for what is not to be run.
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
    // What a bus of this process delivers now comes only once.
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
      // Where an earlier life ended its snapshot says.
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

  /** Waits for its turn, then takes the place of the service before; gives what is to run, if anything. */
  async #lead(expected: readonly WantedSignal[]): Promise<readonly WantedSignal[]> {
    const { transport, readSignals } = this.#options;
    const isOurs = await this.#trouble.through(() => this.#lease.acquire(this.#subscriber.ended));
    if (!isOurs) return [];
    if (transport.durable) await this.#trouble.through(() => this.#respond());
    // Who stood by has missed what was deployed meanwhile.
    const wanted = transport.durable ? await readSignals() : expected;
    const first = wanted.length === 0
      ? await this.#switches.firstSignals(this.#subscriber.ended)
      : [];
    // It was ended before there were any.
    if (wanted.length + first.length === 0) return [];
    if (transport.durable || first.length > 0) await this.#trouble.through(() => this.#subscribe());
    if (!transport.durable && first.length > 0) await this.#options.archiveAll?.();
    return [...wanted, ...first];
  }

  /** Takes what the bus has delivered, writes a last snapshot and ends. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Storage or bus may answer nothing: what is not written then comes again from the last snapshot. */
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
    await this.#goOn(wanted);
    let batchBytes = BATCH_BYTES_MIN;
    while (!this.#subscriber.isOver) {
      const items = await this.#subscriber.next(batchBytes);
      // While others wait, larger batches cost less.
      batchBytes = this.#subscriber.waiting > 0
        ? Math.min(BATCH_BYTES_MAX, batchBytes * 2)
        : BATCH_BYTES_MIN;
      await this.#pass(items);
      await this.#between.flush();
      if (this.#snapshots.isDue) await this.#saveSnapshot();
    }
    await this.#saveSnapshot();
  }

  /** Takes over where an earlier life ended, and comes up to now. */
  async #goOn(wanted: readonly WantedSignal[]): Promise<void> {
    const { env, transport, feeds } = this.#options;
    const { createdAtUs } = await this.#trouble.through(() => transport.state());
    const opening = {
      ...{ source: this.#options, set: this.#set, snapshots: this.#snapshots },
      ...{ trouble: this.#trouble, metrics: this.#metrics, logger: this.#logger },
    };
    const { snapshot, isCold, isChanged } = await openSet(opening, wanted);
    this.#isCold = isCold;
    // What they fire of the time before nobody was told, and nobody asked for.
    if (snapshot === undefined && isCold) this.#silentUntilUs = nowUs();
    this.#progress.stream = { createdAtUs, sequence: 0 };
    const from = snapshot ?? coldStart(feeds, isCold ? this.#set.warmupUs : undefined);
    this.#progress.feeds = { ...from.feeds };
    const published = await this.#trouble.through(() => publishedFires(this.#options, from));
    this.#fires = new FireQueue(env, transport, published);
    await this.#fires.restore(snapshot?.fires ?? new Uint8Array(0));
    const action = isChanged ? "deploy" : undefined;
    await this.#switches.begin(snapshot === undefined ? "start" : action);
    await this.#trouble.through(() => this.#catchUp(from));
    this.#isLive = true;
    this.#logger.info("signals run", {
      signals: this.#set.ids.join(" "),
      fires: this.#fires.count,
    });
  }

  /** What has left the bus unread comes from the archive, before what came behind it. */
  async #missed(hole: StreamHole): Promise<void> {
    if (this.#subscriber.isEnded) return;
    this.#metrics.errors.inc({ error_type: "overtaken" });
    this.#logger.warn("the bus has dropped what was not read yet: it is read from the archive", {
      ...{ hole: hole.type, missed: hole.type === "left" ? hole.missed : "unknown" },
    });
    try {
      await this.#between.run(() => this.#rebuild(hole));
    } catch (error) {
      if (!this.#subscriber.isEnded) this.#fail(error);
    }
  }

  async #rebuild({ type, stream }: StreamHole): Promise<void> {
    while (this.#subscriber.waiting > 0) await this.#pass(await this.#subscriber.next(Infinity));
    if (type === "anew") this.#subscriber.restart();
    await this.#trouble.through(() => this.#catchUp(this.#progress.copy()));
    this.#progress.stream.createdAtUs = stream.createdAtUs;
  }

  async #catchUp(from: Pick<Snapshot, "stream" | "feeds">): Promise<void> {
    const items = missedItems(this.#options, from);
    for (;;) {
      const { done, value } = await items.next();
      if (done === true) {
        this.#progress.stream.sequence = value;
        return this.#subscriber.skipTo(value);
      }
      await this.#pass(value);
      if (this.#snapshots.isDue && this.#progress.stream.sequence > 0) await this.#saveSnapshot();
    }
  }

  async #pass(items: readonly StreamItem[]): Promise<void> {
    if (items.length === 0) return;
    const beganMs = performance.now();
    const { fires, quarantined } = await this.#trouble.through(() => this.#set.take(items));
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

  /** Only what a snapshot holds is acknowledged: the bus keeps the rest for the next life. */
  async #saveSnapshot(): Promise<void> {
    const progress = { ...this.#progress.copy(), isCold: this.#isCold };
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
    return this.#subscriber.waiting === 0 && this.#isLive ? 0 : this.#progress.ageSeconds(nowUs());
  }

  #tick(): void {
    if (this.#snapshots.isDue) this.#subscriber.wake();
    this.#health.look();
    this.#metrics.lagSeconds.set(this.#lagSeconds());
    this.#metrics.waiting.set(this.#subscriber.waiting);
    this.#metrics.quarantined.set(this.#set.quarantined);
  }
}
