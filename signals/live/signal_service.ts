import type { SignalsAnswer, SignalsRequest, SignalSwitch } from "@ssmd/market";
import {
  type ComponentHealth,
  Health,
  type Logger,
  messageOf,
  type Metrics,
  nowUs,
  sleep,
  SsmdError,
} from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { Consumer, Transport } from "@ssmd/transport";
import {
  archivedFires,
  coldStart,
  hasRecords,
  inputFilters,
  missedItems,
  toldFires,
} from "./catch_up.ts";
import { BetweenBatches } from "./between_batches.ts";
import { FireOutbox } from "./fire_outbox.ts";
import { PassingTrouble } from "./passing_trouble.ts";
import { ServiceLease } from "./service_lease.ts";
import { StreamPlace } from "./stream_place.ts";
import { SignalSet, type WantedSignal } from "./signal_set.ts";
import { requireWork } from "./signals_health.ts";
import { SignalsMetrics } from "./signals_metrics.ts";
import { type Snapshot, Snapshots } from "./snapshots.ts";
import { StreamIntake } from "./stream_intake.ts";
import type { StreamItem } from "./stream_item.ts";
import { respondToRequests } from "./requests.ts";

/** What the service of signals is made of. */
interface SignalServiceOptions {
  env: string;
  /** Feeds whose records it reads. */
  feeds: readonly string[];
  /** Default `main`. */
  shard?: string;
  transport: Transport;
  storage: Storage;
  /** Reads files and environment: what should run now. Asked at the start and with each deploy. */
  readSignals: () => Promise<readonly WantedSignal[]>;
  logger: Logger;
  metrics: Metrics;
  health?: Health;
  /** Time between two snapshots; default 10 s. */
  snapshotMs?: number;
}

/** Figures of a running service. */
interface SignalServiceStats {
  records: number;
  fires: number;
  /** Fires that came once more behind a restart, and were not told again. */
  repeated: number;
  waiting: number;
  lagSeconds: number;
}

const SNAPSHOT_MS = 10_000;
const FORGET_MS = 60_000;
const RECORDS_PER_SNAPSHOT = 100_000;
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
  #intake: StreamIntake;
  #snapshots: Snapshots;
  #set: SignalSet;
  #outbox: FireOutbox | undefined;
  #consumer: Consumer | undefined;
  #responder: { unsubscribe(): void } | undefined;
  #place = new StreamPlace();
  #lease: ServiceLease;
  #trouble: PassingTrouble;
  #between = new BetweenBatches(() => this.#intake.wake());
  #timer: ReturnType<typeof setInterval> | undefined;
  #snapshotDueMs = 0;
  #forgetDueMs = 0;
  #sinceSnapshot = 0;
  #isLive = false;
  #isCold = false;
  #isChanged = false;
  #silentUntilUs = 0;
  #running: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #failed = Promise.withResolvers<SsmdError>();
  #records = 0;

  /** Nothing runs yet. */
  constructor(options: SignalServiceOptions) {
    const { env, shard = "main", storage, logger, metrics } = options;
    this.#options = options;
    this.#logger = logger;
    this.#metrics = new SignalsMetrics(metrics);
    this.#health = (options.health ?? new Health()).component("signals");
    this.#snapshots = new Snapshots(storage, { env, shard });
    this.#set = new SignalSet({ env, shard, storage, logger });
    this.#lease = new ServiceLease(options.transport, `signals-${shard}`, logger);
    this.#lease.lost.then((error) => this.#fail(error));
    this.#intake = new StreamIntake({
      onFull: (isFull) => isFull ? this.#consumer?.pause() : this.#consumer?.resume(),
      onUnreadable: ({ subject }, error) => {
        this.#metrics.errors.inc({ error_type: "decode" });
        logger.warn("a message cannot be read", { subject, error: messageOf(error) });
      },
    });
    this.#trouble = new PassingTrouble({
      logger,
      onTry: () => this.#metrics.errors.inc({ error_type: "passing" }),
      ended: this.#intake.ended,
    });
  }

  /** Resolves when signals can run no more: end the process. Never else. */
  get failed(): Promise<SsmdError> {
    return this.#failed.promise;
  }

  stats(): SignalServiceStats {
    return {
      records: this.#records,
      fires: this.#outbox?.count ?? 0,
      repeated: this.#outbox?.repeated ?? 0,
      waiting: this.#intake.waiting,
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
      isLive: () => this.#isLive,
      heldBy: () => this.#lease.heldBy,
      lagSeconds: () => this.#lagSeconds(),
      problem: () => this.#trouble.problem,
    });
    const wanted = await readSignals();
    // What a bus of this process delivers now comes only once.
    if (!transport.durable) await this.#subscribe();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#running = this.#run(wanted).catch((error) => this.#fail(error));
  }

  async #subscribe(): Promise<void> {
    const { env, transport, shard = "main", feeds } = this.#options;
    this.#consumer = await transport.consume({
      name: `signals-${shard}`,
      filters: inputFilters(env, feeds),
      onMessage: (message) => this.#intake.push(message),
    });
    this.#responder = await respondToRequests(transport, env, (request) => this.#asked(request));
  }

  /** Waits for its turn, then takes the place of the service before. */
  async #lead(): Promise<boolean> {
    const { transport } = this.#options;
    const isOurs = await this.#trouble.through(() => this.#lease.acquire(this.#intake.ended));
    if (!isOurs) return false;
    if (transport.durable) await this.#trouble.through(() => this.#subscribe());
    return true;
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
    this.#intake.end();
    await this.#running;
    clearInterval(this.#timer);
    this.#responder?.unsubscribe();
    this.#health.close();
    await this.#consumer?.close();
    await this.#outbox?.close();
    await this.#set.close();
    await this.#lease.release();
  }

  async #run(wanted: readonly WantedSignal[]): Promise<void> {
    const { env, transport, feeds } = this.#options;
    if (!await this.#lead()) return;
    const { createdAtUs } = await this.#trouble.through(() => transport.state());
    const snapshot = await this.#begin(wanted);
    this.#place.stream = { createdAtUs, sequence: 0 };
    const from = snapshot ?? coldStart(feeds, this.#isCold ? this.#set.warmupUs : undefined);
    this.#place.feeds = { ...from.feeds };
    const told = await this.#trouble.through(() => toldFires(this.#options, from));
    this.#outbox = new FireOutbox(env, transport, told);
    await this.#outbox.restore(snapshot?.fires ?? new Uint8Array(0));
    if (snapshot === undefined) await this.#record("start");
    else if (this.#isChanged) await this.#record("deploy");
    const reached = await this.#trouble.through(() => this.#catchUp(from));
    this.#place.stream.sequence = reached;
    this.#intake.skipTo(reached);
    this.#isLive = true;
    this.#logger.info("signals run", {
      signals: this.#set.ids.join(" "),
      fires: this.#outbox.count,
    });
    let batchBytes = BATCH_BYTES_MIN;
    while (!this.#intake.isOver) {
      const items = await this.#intake.next(batchBytes);
      // While others wait, larger batches cost less.
      batchBytes = this.#intake.waiting > 0
        ? Math.min(BATCH_BYTES_MAX, batchBytes * 2)
        : BATCH_BYTES_MIN;
      await this.#pass(items);
      await this.#between.flush();
      if (this.#isSnapshotDue()) await this.#saveSnapshot();
    }
    await this.#saveSnapshot();
  }

  /** Opens hosts with the newest snapshot that they can use. */
  async #begin(wanted: readonly WantedSignal[]): Promise<Snapshot | undefined> {
    for (const snapshot of await this.#trouble.through(() => this.#snapshots.load())) {
      try {
        const { isCold, state } = snapshot;
        this.#isCold = isCold;
        await this.#trouble.through(() => this.#set.open(wanted, { isCold, states: [state] }));
        if (this.#set.fingerprint !== snapshot.ran) await this.#reopen(wanted, state);
        return snapshot;
      } catch (error) {
        this.#metrics.errors.inc({ error_type: "snapshot" });
        const { number } = snapshot;
        this.#logger.warn("a snapshot cannot be used", { number, error: messageOf(error) });
      }
    }
    this.#isCold = await hasRecords(this.#options);
    await this.#trouble.through(() => this.#set.open(wanted, { isCold: this.#isCold, states: [] }));
    // What they fire of the time before nobody was told, and nobody asked for.
    if (this.#isCold) this.#silentUntilUs = nowUs();
    return undefined;
  }

  /** Other signals than those of the snapshot: what is new among them has missed what was before. */
  async #reopen(wanted: readonly WantedSignal[], state: Uint8Array): Promise<void> {
    this.#isCold = this.#isChanged = true;
    await this.#trouble.through(() => this.#set.open(wanted, { isCold: true, states: [state] }));
  }

  async #catchUp(from: Pick<Snapshot, "stream" | "feeds">): Promise<number> {
    const items = missedItems(this.#options, from);
    for (;;) {
      const { done, value } = await items.next();
      if (done === true) return value;
      await this.#pass(value);
      if (this.#isSnapshotDue() && this.#place.stream.sequence > 0) await this.#saveSnapshot();
    }
  }

  async #pass(items: readonly StreamItem[]): Promise<void> {
    if (items.length === 0) return;
    const beganMs = performance.now();
    const { fires, quarantined } = await this.#trouble.through(() => this.#set.take(items));
    const now = fires.filter(({ receivedAtUs }) => receivedAtUs >= this.#silentUntilUs);
    const told = await this.#outbox?.publish(now) ?? [];
    for (const fire of told) this.#metrics.fires.inc({ signal: fire.signal });
    const records = this.#place.moveOn(items);
    this.#records += records;
    this.#sinceSnapshot += records;
    this.#metrics.records.inc(records);
    for (const { signal, reason } of quarantined) {
      this.#logger.error("a signal did harm and runs no more", { signal, reason });
      await this.#record("quarantine");
    }
    this.#metrics.batchSeconds.observe((performance.now() - beganMs) / 1000);
  }

  #isSnapshotDue(): boolean {
    return performance.now() >= this.#snapshotDueMs || this.#sinceSnapshot >= RECORDS_PER_SNAPSHOT;
  }

  /** What the archive has needs to be kept no more; looked for now and then. */
  async #forgetArchived(): Promise<void> {
    const fromUs = this.#outbox?.keptFromUs;
    if (fromUs === undefined || performance.now() < this.#forgetDueMs) return;
    this.#forgetDueMs = performance.now() + FORGET_MS;
    this.#outbox?.archived(await archivedFires(this.#options, fromUs));
  }

  /** Only what a snapshot holds is acknowledged: the bus keeps the rest for the next life. */
  async #saveSnapshot(): Promise<void> {
    this.#sinceSnapshot = 0;
    this.#snapshotDueMs = performance.now() + (this.#options.snapshotMs ?? SNAPSHOT_MS);
    const place = this.#place.copy();
    try {
      await this.#forgetArchived();
      const state = await this.#set.state();
      await this.#snapshots.save({
        ...{ ...place, isCold: this.#isCold, state },
        fires: this.#outbox?.keptBytes() ?? new Uint8Array(0),
        ran: this.#set.fingerprint,
      });
      this.#metrics.snapshots.inc();
    } catch (error) {
      this.#metrics.errors.inc({ error_type: "snapshot" });
      this.#logger.warn("a snapshot cannot be written; it is tried again", { error });
      return;
    }
    const { sequence } = place.stream;
    if (sequence > 0) this.#consumer?.acknowledge(sequence);
  }

  #asked(request: SignalsRequest): Promise<SignalsAnswer> {
    switch (request.action) {
      case "list":
        return Promise.resolve(this.#answer([]));
      case "history":
        return this.#set.switches().then((switches) => this.#answer(switches));
      case "enable":
      case "disable":
        return this.#between.run(async () => {
          await this.#set.setEnabled(request.id, request.action === "enable");
          return this.#answer([await this.#record(request.action)]);
        });
      case "deploy":
        return this.#between.run(async () => {
          await this.#set.deploy(await this.#options.readSignals());
          return this.#answer([await this.#record("deploy")]);
        });
    }
  }

  #answer(switches: readonly SignalSwitch[]): SignalsAnswer {
    const lag = this.#lagSeconds();
    return { ok: true, signals: this.#set.statuses(), lag_seconds: lag, switches };
  }

  /** Writes down what runs from this place of the stream on. */
  async #record(action: SignalSwitch["action"]): Promise<SignalSwitch> {
    const { stream: { createdAtUs, sequence }, feeds } = this.#place.copy();
    const change: SignalSwitch = {
      ...{ at: nowUs() / 1000, action, feeds },
      stream: { created_at_us: createdAtUs, sequence },
      signals: this.#set.running(),
    };
    await this.#set.addSwitch(change);
    await this.#saveSnapshot();
    for (const id of this.#set.ids) this.#metrics.fires.inc({ signal: id }, 0);
    this.#logger.info("signals were switched", { action, stream_sequence: sequence });
    return change;
  }

  #fail(error: unknown): void {
    const message = this.#trouble.problem = messageOf(error);
    this.#logger.error("signals run no more", { error });
    this.#failed.resolve(
      error instanceof SsmdError
        ? error
        : new SsmdError("SIGNALS_FAILED", message, { hint: "its log says more" }),
    );
  }

  #lagSeconds(): number {
    return this.#intake.waiting === 0 && this.#isLive ? 0 : this.#place.ageSeconds(nowUs());
  }

  #tick(): void {
    if (this.#isSnapshotDue()) this.#intake.wake();
    this.#health.look();
    this.#metrics.lagSeconds.set(this.#lagSeconds());
    this.#metrics.waiting.set(this.#intake.waiting);
    this.#metrics.quarantined.set(this.#set.quarantined);
  }
}
