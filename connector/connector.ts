import type { Buffer } from "node:buffer";
import { Encoder } from "@ssmd/codec";
import {
  type Credentials,
  type Normalized,
  readFrame,
  type SymbolSpec,
  type Venue,
} from "@ssmd/exchanges";
import { binaryLine, concat, eventLine } from "@ssmd/archive";
import type { MarketEvent } from "@ssmd/market";
import { LIMITS, type Logger, type Metrics, nowUs, sleep, type StorageError } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { OutMessage, Publisher, Subscription, Transport } from "@ssmd/transport";
import { checkpointOf, type Connection, planConnections } from "./connection.ts";
import { type ConnectorMetrics, createConnectorMetrics } from "./connector_metrics.ts";
import { Outbox } from "./outbox.ts";
import { deadLetter, type PendingLine, Pipeline, unreadableLine } from "./pipeline.ts";
import { writeLastStop } from "./last_stop.ts";
import { RawFiles } from "./raw_files.ts";
import { type Left, recover } from "./recovery.ts";
import { VenueSocket } from "./socket.ts";
import { Spool } from "./spool.ts";
import { lockSpool, type SpoolLock } from "./spool_lock.ts";
import { SilenceWatch } from "./watch.ts";

/** What a connector is made of. */
export interface ConnectorOptions {
  env: string;
  feed: string;
  venue: Venue;
  symbols: readonly SymbolSpec[];
  endpoint: string;
  credentials: Credentials;
  transport: Transport;
  storage: Storage;
  /** Folder of the spool, of this feed and shard alone. */
  spoolDir: string;
  logger: Logger;
  metrics: Metrics;
  version: string;
  commit: string;
}

/** Counts since the start. */
export interface ConnectorStats {
  frames: number;
  records: number;
  gaps: number;
  unreadable: number;
  /** Open connections. */
  connected: number;
  /** Messages not yet handed to the bus. */
  waiting: number;
  /** Books not known to be right. */
  suspectBooks: number;
}

/** A running connector of one feed. */
export interface Connector {
  /** Finishes what the last run left, then connects. */
  start(): Promise<void>;
  stats(): ConnectorStats;
  /** Disconnects and hands everything accepted to the bus. */
  stop(): Promise<void>;
  /** Stops, writes the raw files and gives the spool free. Call it when the archiver has flushed. */
  close(): Promise<void>;
}

/** A connector of one feed; nothing happens before `start`. */
export function createConnector(options: ConnectorOptions): Connector {
  return new FeedConnector(options);
}

/** Subject on which a connector answers with snapshots of its books, outside the stream. */
export function snapshotSubject(env: string, feed: string): string {
  return `_ssmd.${env}.snapshot.${feed}`;
}

const PENDING_BYTES_MAX = 64 * 1024 * 1024;
const TEND_MS = 1000;
const REFRESH_AFTER_US = 5_000_000;
const REFRESH_AFTER_US_MAX = 300_000_000;
const FLUSH_MS_MAX = 15_000;
const ENCODER = new TextEncoder();

class FeedConnector implements Connector {
  #options: ConnectorOptions;
  #run = nowUs().toString(36);
  #logger: Logger;
  #metrics: ConnectorMetrics;
  #connections: Connection[];
  #sockets: VenueSocket[] = [];
  #connected = new Set<number>();
  #spool: Spool;
  #publisher: Publisher;
  #outbox: Outbox;
  #pipeline: Pipeline;
  #rawFiles: RawFiles;
  #watch = new SilenceWatch();
  #pending: PendingLine[] = [];
  #paused = false;
  #refreshAfterUs = REFRESH_AFTER_US;
  #lock: SpoolLock | undefined;
  #responder: Subscription | undefined;
  #tending: ReturnType<typeof setInterval> | undefined;
  #stopping: Promise<void> | undefined;
  #inTrouble = false;
  #stats = { frames: 0, records: 0, gaps: 0, unreadable: 0 };

  constructor(options: ConnectorOptions) {
    const { env, feed, spoolDir, transport, storage } = options;
    this.#options = options;
    this.#logger = options.logger.with({ feed });
    this.#metrics = createConnectorMetrics(options.metrics, feed);
    this.#connections = planConnections({ ...options, run: this.#run }, options.symbols);
    this.#publisher = transport.publisher();
    this.#outbox = new Outbox({
      publisher: this.#publisher,
      spillPath: `${spoolDir}/outbox`,
      logger: this.#logger,
    });
    this.#pipeline = new Pipeline({
      env,
      feed,
      run: this.#run,
      translators: this.#connections.map((connection) => connection.translator),
      output: {
        publish: (message, event) => this.#publish(message, event),
        meaning: (slot, line, result, id) => this.#act(slot, line, result, id),
      },
    });
    this.#rawFiles = new RawFiles({
      env,
      feed,
      storage,
      transport,
      publisher: this.#publisher,
      logger: this.#logger,
      onLost: () => this.#metrics.lost.inc(this.#metrics.labels),
    });
    this.#spool = new Spool(this.#run, {
      dir: spoolDir,
      header: (firstLine) => ({
        run: this.#run,
        env,
        feed,
        firstLine,
        openedUs: 0,
        connections: this.#connections.map(checkpointOf),
      }),
      onDurable: (count) => this.#durable(count),
      onClosed: (segment) => this.#rawFiles.add(segment, this.#pipeline.lastId),
      onTrouble: (error) => this.#trouble(error),
    });
  }

  async start(): Promise<void> {
    const { spoolDir, env, feed, transport } = this.#options;
    await Deno.mkdir(spoolDir, { recursive: true });
    this.#lock = await lockSpool(spoolDir);
    const left = await recover({
      ...this.#options,
      dir: spoolDir,
      outbox: this.#outbox,
      rawFiles: this.#rawFiles,
      logger: this.#logger,
    });
    for (const connection of this.#connections) {
      if (left) this.#resume(connection, left);
      this.#sockets.push(this.#openSocket(connection));
    }
    this.#responder = await transport.respond(
      snapshotSubject(env, feed),
      () => this.#snapshots(),
    );
    for (const socket of this.#sockets) socket.start();
    this.#tending = setInterval(() => this.#tend(), TEND_MS);
  }

  stats(): ConnectorStats {
    return {
      ...this.#stats,
      connected: this.#connected.size,
      waiting: this.#outbox.waiting + this.#publisher.pending,
      suspectBooks: this.#connections.reduce((sum, c) => sum + c.normalizer.suspect().size, 0),
    };
  }

  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  async close(): Promise<void> {
    await this.stop();
    await this.#spool.close();
    await this.#rawFiles.close();
    const lastUs = Math.max(...this.#connections.map(({ translator }) => translator.lastUs));
    if (lastUs > 0) await writeLastStop(this.#options.spoolDir, { run: this.#run, lastUs });
    this.#outbox.close();
    await this.#publisher.close();
    this.#lock?.release();
  }

  async #stop(): Promise<void> {
    clearInterval(this.#tending);
    await Promise.all(this.#sockets.map((socket) => socket.close()));
    this.#responder?.unsubscribe();
    await this.#spool.commit();
    const late = new AbortController();
    await Promise.race([
      this.#outbox.flush().finally(() => late.abort()),
      sleep(FLUSH_MS_MAX, late.signal),
    ]);
    if (this.#outbox.waiting + this.#publisher.pending > 0) {
      this.#logger.warn("the bus did not take everything in time: the rest stays in the spool", {
        waiting: this.#outbox.waiting + this.#publisher.pending,
      });
    }
  }

  #openSocket(connection: Connection): VenueSocket {
    const { slot, normalizer } = connection;
    const { venue, endpoint, credentials } = this.#options;
    const socket: VenueSocket = new VenueSocket({
      venue,
      endpoint,
      credentials,
      logger: this.#logger.with({ connection: connection.capture.connection }),
      listener: {
        onConnect: () => {
          this.#connected.add(slot);
          this.#logger.info("connected", { endpoint, symbols: connection.symbols.length });
          this.#event(connection, "connect", endpoint);
          for (const frame of normalizer.subscribe()) socket.send(frame);
          if (this.#paused) socket.pause();
        },
        onFrame: (bytes, binary) => this.#receive(connection, bytes, binary),
        onDisconnect: (why, opened) => {
          this.#connected.delete(slot);
          if (!opened) return;
          this.#metrics.reconnects.inc(this.#metrics.labels);
          this.#event(connection, "disconnect", why);
        },
      },
    });
    return socket;
  }

  #resume(connection: Connection, left: Left): void {
    const line = { slot: connection.slot, atUs: nowUs(), text: "resumed", why: left.why };
    this.#append({ ...line, kind: "event", fromUs: left.lastUs });
  }

  #event(connection: Connection, name: string, why: string): void {
    this.#append({ slot: connection.slot, atUs: nowUs(), kind: "event", text: name, why });
  }

  #receive(connection: Connection, bytes: Buffer, binary: boolean): void {
    const atUs = nowUs();
    const { slot } = connection;
    const frame = readFrame(bytes);
    this.#stats.frames++;
    if (frame.readable && !binary) {
      this.#pending.push({ slot, atUs, kind: "frame", json: frame.json, text: frame.text });
      this.#spool.append(slot, atUs, `{"t":"${atUs}000","m":`, bytes, "}");
    } else this.#append(unreadableLine(slot, atUs, bytes));
    if (this.#spool.pendingBytes > PENDING_BYTES_MAX && !this.#paused) this.#pause(true);
  }

  /** A line that is no readable frame. */
  #append(line: PendingLine): void {
    const { slot, atUs, text, why, fromUs, bytes } = line;
    this.#pending.push(line);
    const raw = bytes ? binaryLine(atUs, bytes) : eventLine(atUs, text, why ?? "", fromUs);
    this.#spool.append(slot, atUs, "", ENCODER.encode(raw.slice(0, -1)), "");
  }

  #durable(count: number): void {
    const first = this.#pending[0] as PendingLine;
    for (let i = 0; i < count; i++) {
      const line = this.#pending[i] as PendingLine;
      this.#pipeline.process(line);
      (this.#connections[line.slot - 1] as Connection).linesTranslated++;
    }
    this.#pending = this.#pending.slice(count);
    const { labels, frames, toPublish } = this.#metrics;
    frames.inc(labels, count);
    toPublish.observe(labels, Math.max(0, nowUs() - first.atUs) / 1e6);
    if (this.#paused && this.#spool.pendingBytes < PENDING_BYTES_MAX / 2) this.#pause(false);
  }

  #publish(message: OutMessage, event: MarketEvent): void {
    this.#outbox.push(message);
    this.#stats.records++;
    this.#metrics.published.inc({ feed: event.feed, type: event.type });
    if (event.type === "gap") {
      this.#stats.gaps++;
      const { symbol, reason, missed, recovered, detail, fromUs, toUs } = event;
      const tookMs = recovered ? { took_ms: (toUs - fromUs) / 1000 } : {};
      const fields = { symbol, reason, missed, detail, ...tookMs };
      if (recovered) this.#logger.info("gap recovered", fields);
      else this.#logger.warn("gap", fields);
    } else this.#watch.seen(event.symbol, event.receivedAtUs);
  }

  /** What a line asks for beside its records. */
  #act(slot: number, line: PendingLine, result: Normalized, id: string): void {
    for (const frame of result.send) this.#sockets[slot - 1]?.send(frame);
    const notice = result.notice;
    const { feed, env } = this.#options;
    switch (notice?.type) {
      case "refused":
        this.#metrics.errors.inc({ feed, error_type: "refused" });
        this.#logger.error("the venue refused a request", { message: notice.message });
        if (notice.terminal) this.#sockets[slot - 1]?.reconnect(notice.message);
        break;
      case "unreadable":
        this.#stats.unreadable++;
        this.#metrics.errors.inc({ feed, error_type: "parse" });
        this.#logger.warn("a frame cannot be read; it is kept in raw and dead-lettered", {
          reason: notice.reason,
        });
        this.#outbox.push(deadLetter(env, feed, line, notice.reason, id));
        break;
      case "dropped":
        this.#metrics.dropped.inc(this.#metrics.labels);
        break;
      case "subscribed":
        this.#logger.info("subscribed", { channel: notice.channel, symbols: notice.symbols });
    }
  }

  /** Stops or goes on reading: what the disk cannot take waits in the network, not in memory. */
  #pause(paused: boolean): void {
    this.#paused = paused;
    for (const socket of this.#sockets) paused ? socket.pause() : socket.resume();
  }

  #trouble(error: StorageError | undefined): void {
    if (error) {
      this.#metrics.errors.inc({ feed: this.#options.feed, error_type: "spool" });
      this.#logger.error("frames wait in memory: the spool cannot be written", { error });
    } else if (this.#inTrouble) this.#logger.info("the spool can be written again");
    this.#inTrouble = error !== undefined;
  }

  /** Once a second: what has fallen silent, what is suspect for too long, gauges. */
  #tend(): void {
    const now = nowUs();
    const { labels, waiting, suspect, silent } = this.#metrics;
    for (const quiet of this.#watch.newlySilent(now)) {
      this.#logger.warn("a symbol is silent against its usual rate; its book is asked for", {
        symbol: quiet.symbol,
        silent_ms: Math.round(quiet.silentMs),
        usual_ms: Math.round(quiet.usualMs),
      });
      this.#refresh([quiet.symbol]);
    }
    let oldestUs = now;
    for (const { normalizer } of this.#connections) {
      for (const since of normalizer.suspect().values()) oldestUs = Math.min(oldestUs, since);
    }
    if (now - oldestUs > this.#refreshAfterUs) {
      this.#refreshAfterUs = Math.min(this.#refreshAfterUs * 2, REFRESH_AFTER_US_MAX);
      this.#refresh();
    } else if (oldestUs === now) this.#refreshAfterUs = REFRESH_AFTER_US;
    const stats = this.stats();
    waiting.set(labels, stats.waiting);
    suspect.set(labels, stats.suspectBooks);
    silent.set(labels, this.#watch.silentCount);
  }

  /** Asks the venue for fresh snapshots, of all suspect books unless `symbols` are given. */
  #refresh(symbols?: readonly string[]): void {
    for (const { slot, normalizer, symbols: own } of this.#connections) {
      const mine = symbols?.filter((symbol) => own.some((spec) => spec.symbol === symbol));
      if (mine?.length === 0) continue;
      for (const frame of normalizer.refresh(mine)) this.#sockets[slot - 1]?.send(frame);
    }
  }

  /** Snapshots of all sound books, numbered with the last record that went into them. */
  #snapshots(): Uint8Array {
    const encoder = new Encoder();
    const parts: Uint8Array[] = [];
    for (const { normalizer, translator } of this.#connections) {
      for (const event of normalizer.snapshots()) {
        event.sequence = translator.sequence;
        event.receivedAtUs = translator.lastUs;
        parts.push(encoder.encode(event));
      }
    }
    return concat(parts);
  }
}
