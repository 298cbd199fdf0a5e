import { type ComponentHealth, Health, type Logger } from "@ssmd/runtime";
import type { Turn } from "@ssmd/market";
import type { Publisher } from "@ssmd/transport";
import {
  checkpointOf,
  type Connection,
  planConnections,
  recordedConnections,
  snapshotsOf,
} from "./connection.ts";
import { BusProgress } from "./connector_health.ts";
import type { ConnectorOptions } from "./connector.ts";
import { type ConnectorMetrics, createConnectorMetrics } from "./connector_metrics.ts";
import { EnrichedOutput } from "./enriched_output.ts";
import { captureReport, FeedAnswers } from "./feed_answers.ts";
import { FeedClock } from "./feed_clock.ts";
import { FeedTurns } from "./feed_turns.ts";
import { FencedPublisher } from "./fenced_publisher.ts";
import { FrameIngest } from "./frame_ingest.ts";
import { Pipeline } from "./pipeline.ts";
import { PublishQueue } from "./publish_queue.ts";
import { RawFiles } from "./raw_files.ts";
import { RecordOutput } from "./record_output.ts";
import { RecordingPlayer } from "./recording_player.ts";
import { newRun } from "./run.ts";
import { RunHistory } from "./run_history.ts";
import { SubscriptionWatch } from "./subscription_watch.ts";
import { TurnTaker } from "./turn_taker.ts";
import { VenueConnections } from "./venue_connections.ts";
import { Watermarks } from "./watermarks.ts";

/** Callbacks and state of the connector that owns the parts. */
interface FeedHost {
  /** Whether lines may come. */
  isCapturing: () => boolean;
  isStopping: () => boolean;
  /** Another connector publishes the feed, or a turn failed; this one must end. */
  onReplaced: (why: string) => void;
  /** Called with the error of a failed turn. */
  onTurnFailed: (error: unknown) => void;
  /** Called when this connector starts publishing the feed. */
  onTelling: () => void;
  /** Called with the venue's market news; the line's time, µs. */
  onNews: (news: readonly unknown[], atUs: number) => void;
  /** Returns the symbols that another shard owns by now. */
  leaveReleased: () => Promise<Turn["released"]>;
}

/**
 * Parts of a connector of one feed, wired: frames go from `connections` to `ingest` (the spool),
 * through `pipeline`, to `output` and `queue` (the bus); closed spool segments go to `rawFiles`.
 * Nothing happens before the connector starts them.
 */
export class FeedParts {
  readonly run: string;
  readonly logger: Logger;
  readonly metrics: ConnectorMetrics;
  readonly health: ComponentHealth;
  /** Absent when no other process shares the bus. */
  readonly turns: FeedTurns | undefined;
  readonly connections: VenueConnections;
  readonly output: RecordOutput;
  readonly publisher: Publisher;
  readonly bus: BusProgress;
  readonly queue: PublishQueue;
  /** Absent when nothing is enriched; then no enrichment code runs. */
  readonly enriched: EnrichedOutput | undefined;
  readonly pipeline: Pipeline;
  readonly rawFiles: RawFiles;
  /** Absent when no other process shares the bus. */
  readonly taker: TurnTaker | undefined;
  readonly ingest: FrameIngest;
  readonly clock: FeedClock;
  readonly history: RunHistory;
  readonly watch: SubscriptionWatch;
  /** Present only for a recording. */
  readonly player: RecordingPlayer | undefined;
  readonly watermarks: Watermarks;
  readonly answers: FeedAnswers;
  #options: ConnectorOptions;
  #host: FeedHost;

  constructor(options: ConnectorOptions, host: FeedHost) {
    const { feed, spoolDir: dir } = options;
    this.#options = options;
    this.#host = host;
    this.run = newRun(dir);
    this.logger = options.logger.with({ feed });
    this.metrics = createConnectorMetrics(options.metrics, feed);
    this.health = (options.health ?? new Health()).component("connector", feed);
    this.turns = this.#newTurns();
    this.connections = this.#newConnections();
    this.output = this.#newOutput();
    this.publisher = this.#newPublisher();
    this.bus = new BusProgress(this.publisher);
    this.queue = this.#newQueue();
    this.enriched = this.#newEnriched();
    this.pipeline = this.#newPipeline();
    this.rawFiles = this.#newRawFiles();
    this.taker = this.turns && this.#newTaker(this.turns);
    this.ingest = this.#newIngest();
    this.clock = this.#newClock();
    this.history = this.#newHistory();
    this.watch = this.#newWatch();
    this.player = this.#newPlayer();
    this.watermarks = this.#newWatermarks();
    this.answers = this.#newAnswers();
    this.output.attach({
      ...{ queue: this.queue, watch: this.watch, taker: this.taker, onNews: host.onNews },
      denial: this.connections.denial,
    });
  }

  /** Number of messages that the bus has not acknowledged. */
  get waiting(): number {
    return this.queue.waiting + this.publisher.pending;
  }

  /** Later lines of a recording may share the last one's time until the end. */
  nowUs(): number {
    if (this.#options.recording?.times !== "recorded") return this.ingest.nowUs();
    const { playedUs } = this.ingest;
    return playedUs === 0 || !this.#host.isStopping() ? playedUs : playedUs + 1;
  }

  #newTurns(): FeedTurns | undefined {
    const { env, feed, spoolDir: dir, transport, shard, takeoverMs, recording } = this.#options;
    // A recording is published whole, whoever else publishes the feed.
    if (recording !== undefined) return undefined;
    return FeedTurns.of({
      ...{ env, feed, run: this.run, dir, transport, logger: this.logger, ttlMs: takeoverMs },
      shard: shard?.name,
      onLost: (holder) => this.#host.onReplaced(`${holder} has taken over the feed "${feed}"`),
    });
  }

  #newConnections(): VenueConnections {
    return new VenueConnections({
      ...{ run: this.run, connector: this.#options, logger: this.logger, metrics: this.metrics },
      inTurns: this.turns !== undefined,
      turns: () => this.turns?.known ?? [],
      planned: this.#planned(),
      ingest: () => this.ingest,
      onOpen: () => this.watch.connected(),
      onRetired: (connectionIndex) => this.pipeline.continuity.forget(connectionIndex),
      isStopping: this.#host.isStopping,
    });
  }

  #planned(): Connection[] {
    const { recording, symbols } = this.#options;
    const options = { ...this.#options, run: this.run };
    return recording === undefined
      ? planConnections({ ...options, inTurns: this.turns !== undefined }, symbols)
      : recordedConnections(options, recording.source.connections);
  }

  #newOutput(): RecordOutput {
    const { env, feed } = this.#options;
    const { sockets } = this.connections;
    return new RecordOutput({ env, feed, logger: this.logger, metrics: this.metrics, sockets });
  }

  #newPublisher(): Publisher {
    const { feed, transport } = this.#options;
    const { turns, output, metrics } = this;
    const publisher = transport.publisher({
      ...(turns && { confirm: () => turns.confirm() }),
      onStored: ({ subject, id }) => {
        output.stored(subject);
        this.watermarks.onStored(id);
      },
      onRefused: ({ reason }) => metrics.refusals.inc({ feed, reason }),
      onRejected: (message, { reason, detail }) =>
        output.rejected(message, reason, `${reason}: ${detail}`),
    });
    return turns ? new FencedPublisher(publisher, () => turns.isFresh) : publisher;
  }

  #newQueue(): PublishQueue {
    const { publisher, logger } = this;
    return new PublishQueue({
      ...{ publisher, spillPath: `${this.#options.spoolDir}/outbox`, logger },
      onRejected: (message, why) => this.output.rejected(message, "invalid", why),
    });
  }

  #newEnriched(): EnrichedOutput | undefined {
    const { env, feed, transport, enrichment } = this.#options;
    return enrichment &&
      new EnrichedOutput({
        ...{ env, feed, run: this.run, enrichment, publisher: transport.publisher() },
      });
  }

  #newPipeline(): Pipeline {
    const { env, feed } = this.#options;
    return new Pipeline({
      ...{ env, feed, run: this.run, translators: this.connections.translators },
      output: this.enriched?.around(this.output) ?? this.output,
    });
  }

  #newRawFiles(): RawFiles {
    const { env, feed, storage, transport, shard } = this.#options;
    const { publisher, logger, metrics } = this;
    return new RawFiles({
      ...{ env, feed, storage, transport, publisher, logger, shard: shard?.name },
      onLost: () => metrics.lost.inc(metrics.labels),
      turns: () => this.turns?.known ?? [],
      pinnedUs: () => this.taker?.pinnedUs() ?? Infinity,
    });
  }

  #newTaker(turns: FeedTurns): TurnTaker {
    const { env, feed, venue, spoolDir: dir } = this.#options;
    const { run, pipeline, publisher, logger, connections } = this;
    return new TurnTaker({
      ...{ turns, env, feed, venue, dir, run, connections: connections.all },
      ...{ pipeline, publisher, logger },
      publish: (message) => this.output.publishAgain(message),
      flush: () => this.queue.flush(),
      isConnected: () => connections.states.open === connections.active.length,
      leaveReleased: this.#host.leaveReleased,
      cutSpool: () => this.ingest.cut(),
      isWritten: (segment) => this.rawFiles.isWritten(segment),
      onTelling: this.#host.onTelling,
      onStandby: () => this.answers.end(),
      onFailed: this.#host.onTurnFailed,
    });
  }

  #newIngest(): FrameIngest {
    const { env, feed, spoolDir: dir, durability } = this.#options;
    const { run, connections, logger, metrics, pipeline } = this;
    return new FrameIngest({
      ...{ run, dir, feed, logger, metrics, scanners: connections.scanners },
      countsWritten: durability === "bus",
      header: (firstLine) => ({
        ...{ run, env, feed, firstLine, openedUs: 0 },
        connections: connections.all.map((each) =>
          checkpointOf(each, pipeline.continuity.of(each.connectionIndex), this.clock.current)
        ),
      }),
      lines: {
        process: (line) => {
          pipeline.process(line);
          if (line.kind === "event") connections.note(line);
        },
      },
      onClosed: (segment) => {
        this.taker?.segmentClosed(segment);
        this.rawFiles.add(segment, pipeline.takeGiven());
      },
      onDurable: () => this.watermarks.look(),
      onPause: (paused) => connections.sockets.forEach((s) => paused ? s.pause() : s.resume()),
    });
  }

  #newClock(): FeedClock {
    const { captureLocation: location, clockSources: sources } = this.#options;
    const { ingest, logger, metrics, connections } = this;
    const { isCapturing, isStopping } = this.#host;
    return new FeedClock({
      ...{ location, sources, ingest, logger, metrics },
      connectionIndexes: () => connections.indexes,
      isCapturing: () => isCapturing() && !isStopping(),
    });
  }

  #newHistory(): RunHistory {
    const { run, logger, connections: { all: connections }, pipeline: { continuity } } = this;
    return new RunHistory({ run, dir: this.#options.spoolDir, connections, continuity, logger });
  }

  #newWatch(): SubscriptionWatch {
    const { connections, logger, metrics } = this;
    return new SubscriptionWatch({
      ...{ connections: connections.all, logger, metrics },
      isOpen: (connectionIndex) => connections.states.isOpen(connectionIndex),
      tell: (connectionIndex, name, { why, fromUs }) =>
        this.ingest.event(connectionIndex, name, why, fromUs === undefined ? {} : { fromUs }),
    });
  }

  #newPlayer(): RecordingPlayer | undefined {
    const { recording } = this.#options;
    if (recording === undefined) return undefined;
    return new RecordingPlayer({
      ...recording,
      take: (connectionIndex, line, keepTime) =>
        this.ingest.recorded(connectionIndex, line, keepTime),
      commit: () => this.ingest.commit(),
      waiting: () => this.waiting,
    });
  }

  #newWatermarks(): Watermarks {
    const { env, feed, shard, transport } = this.#options;
    return new Watermarks({
      ...{ env, feed, shard, publisher: transport.publisher() },
      timeUs: () => this.nowUs(),
      isTelling: () => !this.taker?.isChanging && (this.turns?.isFresh ?? true),
      lines: () => this.ingest.lines,
      lastId: () => this.pipeline.lastId,
      stored: () => ({ id: this.publisher.acknowledgedId, all: this.waiting === 0 }),
    });
  }

  #newAnswers(): FeedAnswers {
    const { env, feed, transport, shard } = this.#options;
    const { connections } = this;
    return new FeedAnswers({
      ...{ env, feed, transport, shard: shard?.name },
      snapshots: () => snapshotsOf(connections.active),
      report: () => captureReport(connections.states.list(), this.watch.missing()),
    });
  }
}
