import type { Duplex } from "node:stream";
import type { IncomingMessage } from "node:http";
// @ts-types="@types/ws"
import type { WebSocket } from "ws";
import { ConfigError, type Logger, messageOf, silentLogger } from "@ssmd/runtime";
import { Connection, type ConnectionContext, DRAIN_BYTES, flushBatches } from "./connection.ts";
import { FaultSchedule } from "./fault_schedule.ts";
import { type Fault, FAULT_TYPES } from "./faults.ts";
import { checkFault, readFault } from "./fault_check.ts";
import { SentFrameLog } from "./sent_frame_log.ts";
import type { Simulator, SimulatorOptions, SimulatorStats } from "./options.ts";
import { type SimulatorRequest, SimulatorServer } from "./server.ts";
import { Notifier } from "./notifier.ts";
import { isStanding, StandingFaults } from "./standing_faults.ts";
import { openFeedSource } from "./feed_source.ts";
import type { FeedSource } from "./feed_source_contract.ts";
import type { HandshakeCheck, RestAnswer, SimulatedVenue } from "./venue.ts";
import { VENUES } from "./venues.ts";

const HEARTBEAT_MS = 1000;
const PING_MS = 10_000;

/** Accepts clients, creates a session for each, and plays one shared timeline to them. */
class ExchangeSimulator implements Simulator {
  port = 0;
  readonly done: Promise<void>;
  #venue: SimulatedVenue;
  #logger: Logger;
  #server: SimulatorServer;
  #stage: FeedSource;
  #connections = new Set<Connection>();
  #context: ConnectionContext;
  #waitingFaults: Fault[] = [];
  #schedule: FaultSchedule;
  #accepted = 0;
  #refused = 0;
  #faults = 0;
  #timers: ReturnType<typeof setInterval>[] = [];

  constructor(options: SimulatorOptions, stage: FeedSource, check: HandshakeCheck | undefined) {
    const venue = this.#venue = VENUES[options.venue];
    this.#logger = options.logger ?? silentLogger;
    this.#stage = stage;
    for (const { fault } of options.faults ?? []) checkFault(fault, venue);
    this.#schedule = new FaultSchedule(options.faults ?? [], (fault) => this.fault(fault));
    this.#context = {
      garbage: venue.garbage,
      ledger: options.ledger === undefined ? undefined : new SentFrameLog(options.ledger),
      batching: new Set(),
      standing: new StandingFaults(),
      progress: stage.progress,
      counters: { framesSent: 0, bytesSent: 0 },
      schedule: this.#schedule,
    };
    stage.attach(
      () => flushBatches(this.#context.batching),
      () => this.#blocked(),
      () => this.#connections,
    );
    this.#server = new SimulatorServer({
      port: options.port ?? 0,
      path: venue.path,
      check: (request) => this.#check(request, check),
      connected: (socket, raw) => this.#connected(socket, raw),
      request: (request) => this.#answer(request, check),
    });
    this.done = stage.player.ended.then(() => this.#allRead());
    this.done.catch((error) => this.#logger.error("playing stopped", { error }));
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}${this.#venue.path}`;
  }

  async listen(): Promise<void> {
    this.port = await this.#server.listen();
    this.#timers.push(setInterval(() => this.#heartbeat(), HEARTBEAT_MS));
    if (this.#venue.pings) {
      this.#timers.push(setInterval(() => {
        for (const connection of this.#connections) connection.ping("heartbeat");
      }, PING_MS));
    }
  }

  #heartbeat(): void {
    if (this.#stage.ownHeartbeats()) return;
    for (const connection of this.#connections) connection.heartbeat();
    flushBatches(this.#context.batching);
  }

  async #check({ headers }: IncomingMessage, check: HandshakeCheck | undefined) {
    const refusal = await check?.(headers, this.#venue.path);
    if (refusal === undefined) return undefined;
    this.#refused++;
    this.#logger.warn("handshake refused", { why: refusal.why });
    return refusal;
  }

  #connected(socket: WebSocket, raw: Duplex): void {
    const connection = new Connection(++this.#accepted, socket, { raw, context: this.#context });
    this.#connections.add(connection);
    socket.on("error", (error) => this.#logger.debug("socket error", { error }));
    socket.on("close", () => {
      this.#connections.delete(connection);
      connection.gone();
    });
    socket.on("message", (data, binary) => {
      connection.received(binary ? "" : data.toString());
      flushBatches(this.#context.batching);
      this.#context.progress.notify();
    });
    connection.session = this.#stage.session(connection);
    for (const fault of this.#waitingFaults.splice(0)) connection.inject(fault);
    flushBatches(this.#context.batching);
    this.#context.progress.notify();
  }

  /** Waits while no client listens or one's buffer is full. */
  #blocked(): Promise<void> | undefined {
    let listeners = 0;
    for (const connection of this.#connections) {
      if (!connection.playing || !connection.open) continue;
      if (connection.silent || connection.unsentBytes > DRAIN_BYTES) {
        return this.#context.progress.wait();
      }
      listeners++;
    }
    return listeners === 0 ? this.#context.progress.wait() : undefined;
  }

  async #allRead(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.allRead()));
  }

  /** Answers an HTTP request; a fault of the simulator itself is logged and answered with 500. */
  async #answer(request: SimulatorRequest, check: HandshakeCheck | undefined): Promise<RestAnswer> {
    try {
      return await this.#rest(request, check) ?? this.#request(request);
    } catch (error) {
      this.#logger.error("a request was not answered", { path: request.url.pathname, error });
      return { status: 500, body: `{"error":"internal error"}` };
    }
  }

  /** Answers the venue's REST; undefined = no such path. */
  async #rest(request: SimulatorRequest, check: HandshakeCheck | undefined) {
    return await check?.(request.headers, request.url.pathname, request.method) ??
      this.#stage.rest(request);
  }

  #request({ method, url: { pathname: path }, body }: SimulatorRequest): RestAnswer {
    if (path === "/stats") return { status: 200, body: JSON.stringify(this.stats()) };
    if (path !== "/fault") {
      return {
        status: 404,
        body: `{"error":"try GET /stats, POST /fault, the WebSocket or the venue's REST"}`,
      };
    }
    if (method !== "POST") {
      return { status: 405, body: `{"error":"POST a fault: ${FAULT_TYPES.join(", ")}"}` };
    }
    try {
      this.fault(readFault(body));
      return { status: 200, body: `{"ok":true}` };
    } catch (error) {
      return { status: 400, body: JSON.stringify({ error: messageOf(error) }) };
    }
  }

  stats(): SimulatorStats {
    return {
      connections: this.#connections.size,
      accepted: this.#accepted,
      refused: this.#refused,
      ...this.#context.counters,
      played: this.#stage.played(),
      faults: this.#faults,
    };
  }

  fault(fault: Fault): void {
    checkFault(fault, this.#venue);
    this.#faults++;
    this.#logger.info("fault", { ...fault });
    if (isStanding(fault)) return this.#context.standing.add(fault);
    if (this.#connections.size === 0) this.#waitingFaults.push(fault);
    for (const connection of [...this.#connections]) connection.inject(fault);
    flushBatches(this.#context.batching);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#schedule.stop();
    this.#stage.player.stop();
    await this.#server.close();
    for (const connection of this.#connections) connection.gone();
    this.#connections.clear();
    this.#context.progress.notify();
    await this.#stage.player.ended.catch(() => {});
    await this.#stage.close();
    this.#context.ledger?.close();
  }
}

/**
 * Starts a WebSocket server on loopback that speaks the venue's protocol. Throws ConfigError for
 * invalid options, StorageError when the ledger cannot be opened, VenueError for an unreadable key
 * or capture.
 */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { speed } = options.source;
  if (speed !== undefined && speed !== "max" && !(speed > 0 && Number.isFinite(speed))) {
    throw new ConfigError("SPEED_INVALID", `A speed of ${speed} cannot be played`, {
      hint: "Give a number above 0, or max",
    });
  }
  const check = await VENUES[options.venue].handshakes?.(options.publicKeyPem);
  const source = await openFeedSource(options, new Notifier());
  const simulator = new ExchangeSimulator(options, source, check);
  try {
    await simulator.listen();
  } catch (error) {
    await simulator.close();
    throw error;
  }
  return simulator;
}
