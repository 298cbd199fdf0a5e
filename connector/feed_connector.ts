import { messageOf, sleep, SsmdError, type VenueError } from "@ssmd/runtime";
import type { Handover, SymbolSpec } from "@ssmd/exchanges";
import type { Turn } from "@ssmd/market";
import { assertNotArchived, assertNotInterrupted } from "./archived_before.ts";
import type { Connector, ConnectorOptions, ConnectorStats } from "./connector.ts";
import { requireWork } from "./connector_health.ts";
import { FeedGauges } from "./feed_gauges.ts";
import { FeedParts } from "./feed_parts.ts";
import { type LastStop, runBefore } from "./last_stop.ts";
import { recover } from "./recovery.ts";
import type { RecordingPlayer } from "./recording_player.ts";
import { knownRuns } from "./run.ts";
import { listSegments } from "./segment.ts";
import { lockSpool, type SpoolLock } from "./spool_lock.ts";
import { notRunning, symbolsFixed } from "./symbol_change.ts";

/** Creates a connector of one feed; nothing happens before `start`. */
export function createConnector(options: ConnectorOptions): Connector {
  return new FeedConnector(options);
}

const TEND_MS = 1000;
const TURN_LOOK_MS = 250;
const FLUSH_MS_MAX = 15_000;
/** Longest wait for a failing spool disk during shutdown. */
const COMMIT_MS_MAX = 3_000;

/** Lifecycle of a connector: start, periodic checks, market changes, stop. */
class FeedConnector implements Connector {
  readonly played: Promise<void>;
  #options: ConnectorOptions;
  #parts: FeedParts;
  #gauges: FeedGauges;
  #changing: Promise<unknown> = Promise.resolve();
  #onNews: Parameters<Connector["hearNews"]>[0] | undefined;
  #askReleased: Parameters<Connector["beforeTurn"]>[0] | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #turnTimer: ReturnType<typeof setInterval> | undefined;
  #replaced = Promise.withResolvers<SsmdError>();
  #isReplaced = false;
  /** Whether lines may come; everything that the last run left was processed before. */
  #capturing = false;
  #lock: SpoolLock | undefined;
  #stopping: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #givenUp = 0;

  constructor(options: ConnectorOptions) {
    this.#options = options;
    this.#parts = new FeedParts(options, {
      isCapturing: () => this.#capturing,
      isStopping: () => this.#stopping !== undefined,
      onReplaced: (why) => this.#replace(why),
      onTurnFailed: (error) => this.#replace(`it cannot take over the feed: ${messageOf(error)}`),
      onTelling: () => void this.#respond(),
      onNews: (news, atUs) => this.#onNews?.(news, atUs),
      leaveReleased: () => this.#leaveReleased(),
    });
    this.#gauges = new FeedGauges(this.#parts);
    this.played = this.#parts.player?.ended ?? new Promise(() => {});
  }

  async start(): Promise<void> {
    const { spoolDir: dir, venue, endpoint, credentials } = this.#options;
    const { player, queue, rawFiles, clock, turns, taker, history, logger } = this.#parts;
    this.#requireWork();
    // Credentials that cannot sign a handshake now will not do so later.
    if (!player) await venue.handshake(endpoint, await credentials(), Date.now());
    this.#lock = await lockSpool(dir);
    queue.clear();
    const clockKnown = clock.read();
    await turns?.begin(knownRuns(dir));
    const isInterrupted = player !== undefined && (await listSegments(dir)).length > 0;
    const left = await recover({
      ...{ ...this.#options, dir, publishQueue: queue, rawFiles, logger },
      turns: turns?.known ?? [],
    });
    history.begin(left);
    await this.#assertNew(isInterrupted ? left : undefined);
    const { clients, transport } = this.#options;
    this.#parts.enriched?.readOthers({ transport: clients ?? transport, logger });
    await clockKnown;
    await taker?.begin();
    if (turns === undefined) await this.#respond();
    if (player) this.#startPlaying(player);
    else this.#startCapturing(left);
    this.#timer = setInterval(() => this.#tick(), TEND_MS);
    this.#turnTimer = setInterval(() => taker?.look(), TURN_LOOK_MS);
    this.#parts.watermarks.start();
  }

  /** Throws when the archive has, or gets from `interrupted`, what is to be played with its times. */
  async #assertNew(interrupted: LastStop | undefined): Promise<void> {
    const { recording, storage, env, feed } = this.#options;
    if (recording?.times !== "recorded") return;
    const { spans } = recording.source;
    if (interrupted) assertNotInterrupted({ storage, env, feed }, spans, interrupted.lastUs);
    await assertNotArchived({ storage, env, feed }, spans);
  }

  /** A recording is complete in itself and does not resume another run. */
  #startPlaying(player: RecordingPlayer): void {
    const { indexes, states } = this.#parts.connections;
    for (const index of indexes) states.opened(index);
    player.start();
  }

  #startCapturing(left: LastStop | undefined): void {
    const { ingest, connections, clock } = this.#parts;
    if (left) ingest.startBehind(left.lastUs);
    for (const connection of connections.all) {
      const before = left && runBefore(left, connection);
      if (left && before) {
        ingest.event(connection.connectionIndex, "resumed", left.why, before);
        this.#resumeClock(connection.connectionIndex, left);
      }
      // A connection without markets is of no interest until one is added.
      if (connection.wanted.length === 0) {
        ingest.event(connection.connectionIndex, "subscribe", "[]");
      }
    }
    this.#capturing = true;
    clock.tell();
    connections.open();
  }

  #resumeClock(connectionIndex: number, { suspectUs }: LastStop): void {
    const fromUs = suspectUs?.[connectionIndex];
    if (fromUs === undefined) return;
    this.#parts.clock.resume(connectionIndex, fromUs);
    this.#parts.pipeline.continuity.setSuspect(connectionIndex, fromUs);
  }

  get isTelling(): boolean {
    return this.#parts.turns?.isFresh ?? true;
  }

  get isBacked(): boolean {
    return this.#parts.taker?.isBacked ?? false;
  }

  get replaced(): Promise<SsmdError> {
    return this.#replaced.promise;
  }

  get denied(): Promise<VenueError> {
    return this.#parts.connections.denial.final;
  }

  beforeTurn(ask: Parameters<Connector["beforeTurn"]>[0]): void {
    this.#askReleased = ask;
  }

  hearNews(listener: Parameters<Connector["hearNews"]>[0]): void {
    this.#onNews = listener;
  }

  async #leaveReleased(): Promise<Turn["released"]> {
    const symbols = await this.#askReleased?.() ?? [];
    return symbols.length === 0 ? undefined : { symbols, untilUs: this.#parts.ingest.nowUs() };
  }

  /** Answers book requests; only the connector that publishes the feed does. */
  async #respond(): Promise<void> {
    try {
      await this.#parts.answers.begin();
    } catch (error) {
      this.#parts.logger.error("book requests of this feed cannot be answered", { error });
    }
  }

  /** Unpublished records are the successor's to publish; after a restart this one is a standby. */
  #replace(why: string): void {
    if (this.#isReplaced || this.#stopping) return;
    this.#isReplaced = true;
    const { answers, logger } = this.#parts;
    answers.end();
    logger.error("this connector ends: it can no longer publish its feed", { why });
    this.#replaced.resolve(
      new SsmdError("CONNECTOR_REPLACED", why, {
        hint: "Nothing is lost: another process took over; if restarted, this one is the standby",
      }),
    );
  }

  #requireWork(): void {
    const { connections, watch, bus, turns, rawFiles, ingest, health } = this.#parts;
    requireWork(health, {
      connections: () => connections.active.length,
      connected: () => connections.states.open,
      refusal: () => connections.states.problem,
      missing: () => watch.missing(),
      busProblem: () => bus.problem || turns?.problem || "",
      storageProblem: () => rawFiles.problem,
      spoolProblem: () => ingest.problem,
      isSpoolStuck: () => ingest.isStuck,
    });
  }

  #tick(): void {
    const { bus, ingest, health, player, watch, clock } = this.#parts;
    bus.look();
    this.#passTime();
    ingest.watchCommits();
    health.look();
    this.#gauges.look(this);
    if (player) return;
    watch.tick();
    clock.tick();
  }

  /** Advances enrichment when no line is in flight, so that quiet markets become stale. */
  #passTime(): void {
    const { ingest, enriched } = this.#parts;
    const { received, processed } = ingest.lines;
    if (received === processed) enriched?.passTo(this.#parts.nowUs());
  }

  stats(): ConnectorStats {
    const { ingest, output, connections, watch, waiting } = this.#parts;
    const { records, gaps, unreadable } = output;
    const missing = watch.missing();
    return {
      ...{ frames: ingest.frames, records, gaps, unreadable, waiting },
      givenUp: this.#givenUp,
      connected: connections.states.open,
      connections: connections.states.list(),
      missing: missing.length,
      refused: missing.filter(({ isRefused }) => isRefused).length + output.foreignRefusals,
      suspectBooks: missing.filter(({ channel }) => channel === "orderbook").length,
    };
  }

  async flush(): Promise<void> {
    await this.#parts.ingest.commit();
    await this.#parts.queue.flush();
  }

  handoverOf(external: string): Handover | undefined {
    return this.#parts.history.handoverOf(external);
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
    const { player, connections, ingest, history, logger } = this.#parts;
    if (player) throw symbolsFixed();
    if (!this.#capturing || this.#stopping) throw notRunning();
    const known = async () => {
      // Lines in flight belong to that state.
      await ingest.commit();
      if (this.#stopping) throw notRunning();
      return history.known();
    };
    const counts = await connections.change(symbols, { handovers, known });
    if (counts.added + counts.takenOff > 0) logger.info("markets changed", counts);
    return counts;
  }

  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    const { ingest, player, history, rawFiles, queue, publisher } = this.#parts;
    await this.stop();
    rawFiles.hold();
    await ingest.close();
    if (player || await history.end(this.#givenUp === 0)) rawFiles.letGo();
    await rawFiles.close();
    queue.close();
    await publisher.close();
    this.#lock?.release();
  }

  async #stop(): Promise<void> {
    const { taker, health, player, connections, answers, clock, watermarks } = this.#parts;
    clearInterval(this.#timer);
    clearInterval(this.#turnTimer);
    await taker?.end();
    health.close();
    await player?.close();
    await Promise.all(connections.sockets.map((socket) => socket.close()));
    answers.end();
    await clock.settled();
    await this.#commitOrGiveUp();
    if (!this.#isReplaced) await this.#flushInTime();
    await watermarks.finish();
    await this.#parts.enriched?.close();
    await this.#parts.turns?.release();
    const { waiting, logger } = this.#parts;
    if (waiting > 0) {
      logger.warn("the bus did not take everything in time: the rest stays in the spool", {
        waiting,
      });
    }
  }

  async #flushInTime(): Promise<void> {
    const flushed = new AbortController();
    await Promise.race([
      this.#parts.queue.flush().finally(() => flushed.abort()),
      sleep(FLUSH_MS_MAX, flushed.signal),
    ]);
  }

  /** A disk that fails for good must not keep the process from ending. */
  async #commitOrGiveUp(): Promise<void> {
    const { ingest, logger } = this.#parts;
    const late = setTimeout(() => {
      const lines = this.#givenUp = ingest.giveUp();
      logger.error("the spool could not be written until the end: its last lines are lost", {
        lines,
      });
    }, COMMIT_MS_MAX);
    await ingest.commit();
    clearTimeout(late);
  }
}
