import {
  type ComponentHealth,
  Health,
  isoOfUs,
  type Logger,
  messageOf,
  nowUs,
  sleep,
  SsmdError,
  type VenueError,
} from "@ssmd/runtime";
import type { Connector, ConnectorOptions, ConnectorStats } from "./connector.ts";
import { RecordOutput } from "./record_output.ts";
import type { CarriedState, Handover, SymbolSpec } from "@ssmd/exchanges";
import type { Turn } from "@ssmd/market";
import type { Publisher } from "@ssmd/transport";
import { ClockGapReporter } from "./clock_gap_reporter.ts";
import { ClockMonitor } from "./clock_monitor.ts";
import {
  carriedBy,
  checkpointOf,
  handoverFrom,
  planConnections,
  recordedConnections,
  snapshotsOf,
} from "./connection.ts";
import { BusProgress, requireWork } from "./connector_health.ts";
import { type ConnectorMetrics, createConnectorMetrics } from "./connector_metrics.ts";
import { captureReport, FeedAnswers } from "./feed_answers.ts";
import { EnrichedOutput } from "./enriched_output.ts";
import { FrameIngest } from "./frame_ingest.ts";
import { type LastStop, runBefore, writeLastStop } from "./last_stop.ts";
import { PublishQueue } from "./publish_queue.ts";
import { notRunning, symbolsFixed } from "./symbol_change.ts";
import { Pipeline } from "./pipeline.ts";
import { RawFiles } from "./raw_files.ts";
import { recover } from "./recovery.ts";
import { type RecordingPlay, RecordingPlayer } from "./recording_player.ts";
import { FeedTurns } from "./feed_turns.ts";
import { FencedPublisher } from "./fenced_publisher.ts";
import { knownRuns, newRun } from "./run.ts";
import { lockSpool, type SpoolLock } from "./spool_lock.ts";
import { SubscriptionWatch } from "./subscription_watch.ts";
import { TurnTaker } from "./turn_taker.ts";
import { VenueConnections } from "./venue_connections.ts";
import { Watermarks } from "./watermarks.ts";

/** A connector of one feed; nothing happens before `start`. */
export function createConnector(options: ConnectorOptions): Connector {
  return new FeedConnector(options);
}

const TEND_MS = 1000;
const TURN_LOOK_MS = 250;
const FLUSH_MS_MAX = 15_000;
/** Longest wait for a spool that refuses, when the process is to end. */
const COMMIT_MS_MAX = 3_000;

class FeedConnector implements Connector {
  readonly played: Promise<void>;
  #options: ConnectorOptions;
  #run: string;
  #logger: Logger;
  #metrics: ConnectorMetrics;
  #connections: VenueConnections;
  #changing: Promise<unknown> = Promise.resolve();
  #player: RecordingPlayer | undefined;
  #publisher: Publisher;
  #publishQueue: PublishQueue;
  #pipeline: Pipeline;
  #output: RecordOutput;
  #rawFiles: RawFiles;
  #ingest: FrameIngest;
  #watermarks: Watermarks;
  /** Absent where nothing is enriched: then no code of it runs. */
  #enriched: EnrichedOutput | undefined;
  #watch: SubscriptionWatch;
  #health: ComponentHealth;
  #bus: BusProgress;
  #clock: ClockMonitor;
  #clockGapReporter = new ClockGapReporter((connectionIndex, name, { why, fromUs }) =>
    this.#ingest.event(connectionIndex, name, why, { fromUs })
  );
  #onNews: Parameters<Connector["hearNews"]>[0] | undefined;
  #askReleased: Parameters<Connector["beforeTurn"]>[0] | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #turnTimer: ReturnType<typeof setInterval> | undefined;
  /** Absent where no other process shares the bus. */
  #turns: FeedTurns | undefined;
  #taker: TurnTaker | undefined;
  #replaced = Promise.withResolvers<SsmdError>();
  #isReplaced = false;
  /** Frames that the scanners left to JSON, as far as they are counted. */
  #unscanned = 0;
  /** Lines may come: all that the last run left has gone before them. */
  #capturing = false;
  #lock: SpoolLock | undefined;
  /** How the run before ended. */
  #lastStop: LastStop | undefined;
  #answers: FeedAnswers;
  #stopping: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #givenUp = 0;

  constructor(options: ConnectorOptions) {
    const { env, feed, spoolDir: dir, storage, transport } = options;
    const run = this.#run = newRun(dir);
    const logger = options.logger.with({ feed });
    const metrics = createConnectorMetrics(options.metrics, feed);
    const { recording } = options;
    // A recording is told whole, whoever else tells the feed.
    const turns = this.#turns = recording === undefined
      ? FeedTurns.of({
        ...{ env, feed, run, dir, transport, logger, ttlMs: options.takeoverMs },
        shard: options.shard?.name,
        onLost: (holder) => this.#replace(`${holder} has taken over the feed "${feed}"`),
      })
      : undefined;
    const inTurns = turns !== undefined;
    const connections = this.#connections = new VenueConnections({
      ...{ run, connector: options, logger, metrics, inTurns },
      turns: () => turns?.known ?? [],
      planned: recording === undefined
        ? planConnections({ ...options, run, inTurns }, options.symbols)
        : recordedConnections({ ...options, run }, recording.source.connections),
      ingest: () => this.#ingest,
      onOpen: () => this.#watch.connected(),
      onRetired: (connectionIndex) => this.#pipeline.continuity.forget(connectionIndex),
      isStopping: () => this.#stopping !== undefined,
    });
    const output = this.#output = new RecordOutput({
      ...{ env, feed, logger, metrics, sockets: connections.sockets },
    });
    const inner = transport.publisher({
      ...(turns && { confirm: () => turns.confirm() }),
      onStored: ({ subject, id }) => {
        output.stored(subject);
        this.#watermarks.onStored(id);
      },
      onRefused: ({ reason }) => metrics.refusals.inc({ feed, reason }),
      onRejected: (message, { reason, detail }) =>
        output.rejected(message, reason, `${reason}: ${detail}`),
    });
    const publisher = turns ? new FencedPublisher(inner, () => turns.isFresh) : inner;
    this.#options = options;
    this.#logger = logger;
    this.#metrics = metrics;
    this.#publisher = publisher;
    this.#health = (options.health ?? new Health()).component("connector", feed);
    this.#bus = new BusProgress(publisher);
    this.#publishQueue = new PublishQueue({
      ...{ publisher, spillPath: `${dir}/outbox`, logger },
      onRejected: (message, why) => output.rejected(message, "invalid", why),
    });
    const { enrichment } = options;
    this.#enriched = enrichment &&
      new EnrichedOutput({ env, feed, run, enrichment, publisher: transport.publisher() });
    this.#pipeline = new Pipeline({
      ...{ env, feed, run, translators: connections.translators },
      output: this.#enriched?.around(output) ?? output,
    });
    const onLost = () => metrics.lost.inc(metrics.labels);
    this.#rawFiles = new RawFiles({
      ...{ env, feed, storage, transport, publisher, logger, onLost },
      shard: options.shard?.name,
      turns: () => turns?.known ?? [],
      pinnedUs: () => this.#taker?.pinnedUs() ?? Infinity,
    });
    this.#taker = turns && this.#newTaker(turns);
    const { captureLocation: location, clockSources: sources } = options;
    this.#clock = new ClockMonitor({ location, sources, logger, onRead: () => this.#tellClock() });
    this.#ingest = new FrameIngest({
      run,
      dir,
      feed,
      logger,
      metrics,
      scanners: connections.scanners,
      countsWritten: options.durability === "bus",
      header: (firstLine) => ({
        ...{ run, env, feed, firstLine, openedUs: 0 },
        connections: connections.all.map((each) =>
          checkpointOf(
            each,
            this.#pipeline.continuity.of(each.connectionIndex),
            this.#clock.current,
          )
        ),
      }),
      lines: {
        process: (line) => {
          this.#pipeline.process(line);
          if (line.kind === "event") connections.note(line);
        },
      },
      onClosed: (segment) => {
        this.#taker?.segmentClosed(segment);
        this.#rawFiles.add(segment, this.#pipeline.takeGiven());
      },
      onDurable: () => this.#watermarks.look(),
      onPause: (paused) => connections.sockets.forEach((s) => paused ? s.pause() : s.resume()),
    });
    this.#watch = new SubscriptionWatch({
      ...{ connections: connections.all, logger, metrics },
      isOpen: (connectionIndex) => connections.states.isOpen(connectionIndex),
      tell: (connectionIndex, name, { why, fromUs }) =>
        this.#ingest.event(connectionIndex, name, why, fromUs === undefined ? {} : { fromUs }),
    });
    output.attach({
      ...{ queue: this.#publishQueue, watch: this.#watch },
      ...{ taker: this.#taker, denial: connections.denial },
      onNews: (news, atUs) => this.#onNews?.(news, atUs),
    });
    this.#player = recording && this.#newPlayer(recording);
    this.played = this.#player?.ended ?? new Promise(() => {});
    this.#watermarks = this.#newWatermarks();
    this.#answers = new FeedAnswers({
      ...{ env, feed, transport, shard: options.shard?.name },
      snapshots: () => snapshotsOf(connections.active),
      report: () => captureReport(connections.states.list(), this.#watch.missing()),
    });
  }

  #newWatermarks(): Watermarks {
    const { env, feed, shard, transport, recording } = this.#options;
    const keepsTimes = recording?.times === "recorded";
    return new Watermarks({
      ...{ env, feed, shard, publisher: transport.publisher() },
      timeUs: () => keepsTimes ? this.#playedUs() : this.#ingest.nowUs(),
      isTelling: () => !this.#taker?.isChanging && (this.#turns?.isFresh ?? true),
      lines: () => this.#ingest.lines,
      lastId: () => this.#pipeline.lastId,
      stored: () => ({ id: this.#publisher.acknowledgedId, all: this.#waiting === 0 }),
    });
  }

  /** Lines of a recording may have the time of the last one, until no more come. */
  #playedUs(): number {
    const { playedUs } = this.#ingest;
    return playedUs === 0 || this.#stopping === undefined ? playedUs : playedUs + 1;
  }

  get #waiting(): number {
    return this.#publishQueue.waiting + this.#publisher.pending;
  }

  #newPlayer(recording: RecordingPlay): RecordingPlayer {
    return new RecordingPlayer({
      ...recording,
      take: (connectionIndex, line, keepTime) =>
        this.#ingest.recorded(connectionIndex, line, keepTime),
      commit: () => this.#ingest.commit(),
      waiting: () => this.#waiting,
    });
  }

  async start(): Promise<void> {
    const { spoolDir: dir, venue, endpoint, credentials } = this.#options;
    this.#requireWork();
    // Credentials that cannot even sign a handshake will not do so later.
    if (!this.#player) await venue.handshake(endpoint, await credentials(), Date.now());
    this.#lock = await lockSpool(dir);
    this.#publishQueue.clear();
    const clockKnown = this.#clock.read();
    await this.#turns?.begin(knownRuns(dir));
    const left = this.#lastStop = await recover({
      ...this.#options,
      dir,
      publishQueue: this.#publishQueue,
      rawFiles: this.#rawFiles,
      turns: this.#turns?.known ?? [],
      logger: this.#logger,
    });
    await clockKnown;
    await this.#taker?.begin();
    if (this.#turns === undefined) await this.#respond();
    if (this.#player) this.#startPlaying(this.#player);
    else this.#startCapturing(left);
    this.#timer = setInterval(() => this.#tick(), TEND_MS);
    this.#turnTimer = setInterval(() => this.#taker?.look(), TURN_LOOK_MS);
    this.#watermarks.start();
  }

  /** A recording is whole in itself: it does not go on where another run ended. */
  #startPlaying(player: RecordingPlayer): void {
    for (const index of this.#connections.indexes) this.#connections.states.opened(index);
    player.start();
  }

  #startCapturing(left: LastStop | undefined): void {
    if (left) this.#ingest.startBehind(left.lastUs);
    for (const connection of this.#connections.all) {
      const before = left && runBefore(left, connection);
      if (left && before) {
        this.#ingest.event(connection.connectionIndex, "resumed", left.why, before);
        this.#resumeClock(connection.connectionIndex, left);
      }
      // Without a market none is of interest until one comes.
      if (connection.wanted.length === 0) {
        this.#ingest.event(connection.connectionIndex, "subscribe", "[]");
      }
    }
    this.#capturing = true;
    this.#tellClock();
    this.#connections.open();
  }

  get isTelling(): boolean {
    return this.#turns?.isFresh ?? true;
  }

  get isBacked(): boolean {
    return this.#taker?.isBacked ?? false;
  }

  get replaced(): Promise<SsmdError> {
    return this.#replaced.promise;
  }

  #newTaker(turns: FeedTurns): TurnTaker {
    const { env, feed, venue, spoolDir: dir } = this.#options;
    return new TurnTaker({
      ...{ turns, env, feed, venue, dir, run: this.#run, connections: this.#connections.all },
      ...{ pipeline: this.#pipeline, publisher: this.#publisher, logger: this.#logger },
      publish: (message) => this.#output.publishAgain(message),
      flush: () => this.#publishQueue.flush(),
      isConnected: () => this.#connections.states.open === this.#connections.active.length,
      leaveReleased: () => this.#leaveReleased(),
      cutSpool: () => this.#ingest.cut(),
      isWritten: (segment) => this.#rawFiles.isWritten(segment),
      onTelling: () => void this.#respond(),
      onStandby: () => this.#answers.end(),
      onFailed: (error) => this.#replace(`a turn cannot be told: ${messageOf(error)}`),
    });
  }

  async #leaveReleased(): Promise<Turn["released"]> {
    const symbols = await this.#askReleased?.() ?? [];
    return symbols.length === 0 ? undefined : { symbols, untilUs: this.#ingest.nowUs() };
  }

  /** Who tells the feed answers for its books. */
  async #respond(): Promise<void> {
    try {
      await this.#answers.begin();
    } catch (error) {
      this.#logger.error("nobody answers for the books of this feed", { error });
    }
  }

  /** What was not published by now is the other one's; the next start stands by. */
  #replace(why: string): void {
    if (this.#isReplaced || this.#stopping) return;
    this.#isReplaced = true;
    this.#answers.end();
    this.#logger.error("this connector is to end: it cannot tell its feed any more", { why });
    this.#replaced.resolve(
      new SsmdError("CONNECTOR_REPLACED", why, {
        hint: "Nothing is lost: start it again, and it stands by",
      }),
    );
  }

  /** Quiet markets become stale: all that came before now has gone through the pipeline. */
  #passTime(): void {
    const { received, processed } = this.#ingest.lines;
    if (this.#enriched === undefined || received !== processed) return;
    const keepsTimes = this.#options.recording?.times === "recorded";
    this.#enriched.passTo(keepsTimes ? this.#playedUs() : this.#ingest.nowUs());
  }

  #countUnscanned(): void {
    const unscanned = this.#connections.all.reduce(
      (sum, each) => sum + each.translator.unscanned,
      0,
    );
    this.#metrics.fallback.inc(this.#metrics.labels, unscanned - this.#unscanned);
    this.#unscanned = unscanned;
  }

  #tick(): void {
    this.#bus.look();
    this.#passTime();
    this.#ingest.watchCommits();
    this.#health.look();
    this.#metrics.connected.set(this.#metrics.labels, this.#connections.states.open);
    this.#metrics.telling.set(this.#metrics.labels, Number(this.isTelling));
    this.#metrics.backed.set(this.#metrics.labels, Number(this.isBacked));
    this.#metrics.waiting.set(this.#metrics.labels, this.stats().waiting);
    this.#metrics.symbols.set(this.#metrics.labels, this.#connections.symbolCount);
    this.#metrics.rawFileAge.set(this.#metrics.labels, this.#rawFiles.newestAgeMs / 1000);
    this.#countUnscanned();
    if (this.#player) return;
    this.#watch.tick();
    this.#ingest.watchClock((step) =>
      this.#clockGapReporter.tellStep(this.#connections.indexes, step)
    );
    this.#clock.tick();
  }

  #requireWork(): void {
    requireWork(this.#health, {
      connections: () => this.#connections.active.length,
      connected: () => this.#connections.states.open,
      refusal: () => this.#connections.states.problem,
      missing: () => this.#watch.missing(),
      busProblem: () => this.#bus.problem || this.#turns?.problem || "",
      storageProblem: () => this.#rawFiles.problem,
      spoolProblem: () => this.#ingest.problem,
      isSpoolStuck: () => this.#ingest.isStuck,
    });
  }

  beforeTurn(ask: Parameters<Connector["beforeTurn"]>[0]): void {
    this.#askReleased = ask;
  }

  hearNews(listener: Parameters<Connector["hearNews"]>[0]): void {
    this.#onNews = listener;
  }

  get denied(): Promise<VenueError> {
    return this.#connections.denial.final;
  }

  stats(): ConnectorStats {
    return {
      frames: this.#ingest.frames,
      ...{ records: this.#output.records, gaps: this.#output.gaps },
      unreadable: this.#output.unreadable,
      givenUp: this.#givenUp,
      connected: this.#connections.states.open,
      connections: this.#connections.states.list(),
      waiting: this.#waiting,
      ...this.#missingCounts(),
    };
  }

  #missingCounts(): Pick<ConnectorStats, "suspectBooks" | "missing" | "refused"> {
    const missing = this.#watch.missing();
    const refused = missing.filter(({ isRefused }) => isRefused).length +
      this.#output.foreignRefusals;
    const suspectBooks = missing.filter(({ channel }) => channel === "orderbook").length;
    return { suspectBooks, missing: missing.length, refused };
  }

  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.stop();
    await this.#ingest.close();
    if (!this.#player) await this.#noteStop();
    await this.#rawFiles.close();
    this.#publishQueue.close();
    await this.#publisher.close();
    this.#lock?.release();
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer);
    clearInterval(this.#turnTimer);
    await this.#taker?.end();
    this.#health.close();
    await this.#player?.close();
    await Promise.all(this.#connections.sockets.map((socket) => socket.close()));
    this.#answers.end();
    await this.#clock.settled();
    await this.#commitOrGiveUp();
    if (!this.#isReplaced) await this.#flush();
    await this.#watermarks.finish();
    await this.#enriched?.close();
    await this.#turns?.release();
    const { waiting } = this.stats();
    if (waiting > 0) {
      this.#logger.warn("the bus did not take everything in time: the rest stays in the spool", {
        waiting,
      });
    }
  }

  async #flush(): Promise<void> {
    const flushed = new AbortController();
    await Promise.race([
      this.#publishQueue.flush().finally(() => flushed.abort()),
      sleep(FLUSH_MS_MAX, flushed.signal),
    ]);
  }

  /** A disk that refuses for good does not keep the process from ending. */
  async #commitOrGiveUp(): Promise<void> {
    const late = setTimeout(() => {
      const lines = this.#givenUp = this.#ingest.giveUp();
      this.#logger.error("the spool could not be written until the end: its last lines are lost", {
        lines,
      });
    }, COMMIT_MS_MAX);
    await this.#ingest.commit();
    clearTimeout(late);
  }

  /** Before the last segment goes: it says the same. */
  async #noteStop(): Promise<void> {
    const lastUs = Math.max(...this.#connections.translators.map(({ lastUs }) => lastUs));
    if (lastUs === 0) return;
    const why = `stopped: ${isoOfUs(lastUs)}`;
    const { continuity } = this.#pipeline;
    const left: LastStop = {
      ...{ run: this.#run, lastUs, why },
      lastGoodAtUs: this.#lastGoodAtUs(continuity.byConnection()),
      suspectUs: continuity.suspectByConnection(),
      // What the disk refused is missing, and was not meant to be.
      planned: this.#givenUp > 0 ? [] : continuity.plannedConnections(),
      carried: { ...this.#lastStop?.carried, ...carriedBy(this.#connections.all) },
    };
    this.#lastStop = left;
    try {
      await writeLastStop(this.#options.spoolDir, left);
    } catch (error) {
      this.#logger.error("the time of the stop cannot be noted", { error });
    }
  }

  /** Of an earlier run too where a connection said nothing in this one. */
  #lastGoodAtUs(own: Record<string, number>): Record<string, number> {
    const before = Object.entries(this.#lastStop?.lastGoodAtUs ?? {})
      .filter(([connectionIndex]) => Number(connectionIndex) <= this.#connections.all.length);
    return { ...Object.fromEntries(before), ...own };
  }

  #resumeClock(connectionIndex: number, { suspectUs }: LastStop): void {
    const fromUs = suspectUs?.[connectionIndex];
    if (fromUs === undefined) return;
    this.#clockGapReporter.resume(connectionIndex, fromUs);
    this.#pipeline.continuity.setSuspect(connectionIndex, fromUs);
  }

  #tellClock(): void {
    const { status, offsetUs } = this.#clock.current;
    this.#metrics.unsynchronized.set(this.#metrics.labels, Number(status === "unsynchronized"));
    if (offsetUs === null) this.#metrics.clockOffset.remove(this.#metrics.labels);
    else this.#metrics.clockOffset.set(this.#metrics.labels, offsetUs / 1e6);
    if (!this.#capturing || this.#stopping) return;
    this.#clockGapReporter.tell(this.#connections.indexes, this.#clock, nowUs());
  }

  async flush(): Promise<void> {
    await this.#ingest.commit();
    await this.#publishQueue.flush();
  }

  handoverOf(external: string): Handover | undefined {
    const left = this.#lastStop;
    const state = carriedBy(this.#connections.all)[external] ?? left?.carried?.[external];
    if (state === undefined) return undefined;
    const times = left === undefined ? [] : [left.lastUs, ...Object.values(left.lastGoodAtUs)];
    const isPlanned = left?.planned?.length === times.length - 1;
    // Which connection had it in the last run is not known.
    return handoverFrom(external, state, { fromUs: Math.min(...times), planned: isPlanned });
  }

  changeSymbols(
    symbols: readonly SymbolSpec[],
    handovers: ReadonlyMap<string, Handover> = new Map(),
  ): Promise<{ added: number; takenOff: number }> {
    const change = this.#changing.then(() => this.#changeSymbols(symbols, handovers));
    this.#changing = change.catch(() => {});
    return change;
  }

  async #changeSymbols(
    symbols: readonly SymbolSpec[],
    handovers: ReadonlyMap<string, Handover>,
  ): Promise<{ added: number; takenOff: number }> {
    if (this.#player) throw symbolsFixed();
    if (!this.#capturing || this.#stopping) throw notRunning();
    const counts = await this.#connections.change(symbols, {
      handovers,
      known: () => this.#known(),
    });
    if (counts.added + counts.takenOff > 0) this.#logger.info("markets changed", counts);
    return counts;
  }

  /** What is known of all markets that this run or the last one had. */
  async #known(): Promise<CarriedState> {
    // What is on its way belongs to it.
    await this.#ingest.commit();
    if (this.#stopping) throw notRunning();
    const { carried = {}, lastUs = 0 } = this.#lastStop ?? {};
    // Nobody wants since then what this run did not begin with.
    const before = Object.entries(carried).map(([external, state]) =>
      [external, { left: lastUs, ...state }] as const
    );
    return { ...Object.fromEntries(before), ...carriedBy(this.#connections.all) };
  }
}
