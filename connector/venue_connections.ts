import { type Logger, nowUs } from "@ssmd/runtime";
import {
  type CarriedState,
  type ConnectionEvent,
  type FrameScanner,
  type Handover,
  specsOf,
  type SymbolSpec,
  type Translator,
} from "@ssmd/exchanges";
import { type Turn, turnsOf } from "@ssmd/market";
import { AcceptedCredentials } from "./accepted_credentials.ts";
import { AccessDenial } from "./access_denial.ts";
import { ConnectBudget } from "./connect_budget.ts";
import { type Connection, leaveOut, memoryOf, planConnections, takeIn } from "./connection.ts";
import { ConnectionStates } from "./connection_state.ts";
import type { ConnectorOptions } from "./connector.ts";
import type { ConnectorMetrics } from "./connector_metrics.ts";
import type { FrameIngest } from "./frame_ingest.ts";
import { VenueSocket } from "./socket.ts";
import { symbolChange } from "./symbol_change.ts";

/** Returns the earlier state of markets that are added; undefined = none. */
type Before = (specs: readonly SymbolSpec[]) => Partial<Handover> | undefined;

interface VenueConnectionsOptions {
  connector: ConnectorOptions;
  run: string;
  /** Connections of the start. */
  planned: readonly Connection[];
  /** Whether other processes share the feed. */
  inTurns: boolean;
  turns: () => readonly Turn[];
  logger: Logger;
  metrics: ConnectorMetrics;
  /** Receiver of their lines; a function, as it is created after the connections. */
  ingest: () => FrameIngest;
  onOpen: () => void;
  /** Called when a connection was closed for good. */
  onRetired: (connectionIndex: number) => void;
  isStopping: () => boolean;
}

/** Venue connections of a feed and the distribution of markets over them. */
export class VenueConnections {
  #options: VenueConnectionsOptions;
  /** By connectionIndex, from 1, including retired ones. */
  readonly all: Connection[];
  readonly translators: Translator[];
  readonly scanners: (FrameScanner | undefined)[];
  readonly sockets: VenueSocket[] = [];
  readonly states: ConnectionStates;
  readonly denial: AccessDenial;
  /** Time of the first connection attempt, µs. */
  #startedUs = 0;

  /** Nothing is opened before {@linkcode open}. */
  constructor(options: VenueConnectionsOptions) {
    const { planned, logger, connector: { spoolDir, endpoint } } = options;
    this.#options = options;
    this.all = [...planned];
    this.translators = planned.map(({ translator }) => translator);
    this.scanners = planned.map(({ normalizer }) => normalizer.scanner);
    this.denial = new AccessDenial(new AcceptedCredentials(spoolDir, endpoint, logger));
    this.states = new ConnectionStates(planned.map(({ connectionIndex }) => connectionIndex));
  }

  /** Connections that are not retired. */
  get active(): Connection[] {
    return this.all.filter(({ isRetired }) => !isRetired);
  }

  /** connectionIndexes of the active ones. */
  get indexes(): number[] {
    return this.active.map(({ connectionIndex }) => connectionIndex);
  }

  get #ingest(): FrameIngest {
    return this.#options.ingest();
  }

  /** Number of captured markets. */
  get symbolCount(): number {
    return this.active.reduce((sum, { symbols }) => sum + symbols.length, 0);
  }

  /** Opens the connections of the start. */
  open(): void {
    this.#startedUs = nowUs();
    this.sockets.push(...this.all.map((connection) => this.#newSocket(connection)));
    for (const socket of this.sockets) socket.start();
  }

  /** Changes the markets; added ones start with another shard's or this one's state. */
  async change(
    symbols: readonly SymbolSpec[],
    { handovers, known }: {
      handovers: ReadonlyMap<string, Handover>;
      known: () => Promise<CarriedState>;
    },
  ): Promise<{ added: number; takenOff: number }> {
    const { added, takenOff } = symbolChange(this.active, symbols);
    const before = added.length === 0 ? {} : await known();
    for (const { connection, specs } of takenOff) this.#takeOff(connection, specs);
    const byHandover = Map.groupBy(added, ({ symbol }) => handovers.get(symbol));
    for (const [handover, specs] of byHandover) {
      this.#takeOn(specs, (own) => handover ?? memoryOf(own, before));
    }
    return {
      added: added.length,
      takenOff: takenOff.reduce((sum, { specs }) => sum + specs.length, 0),
    };
  }

  #takeOff(connection: Connection, specs: readonly SymbolSpec[]): void {
    const names = specs.map(({ symbol }) => symbol);
    connection.wanted = connection.wanted.filter((spec) => !specs.includes(spec));
    this.#ingest.event(connection.connectionIndex, "unsubscribe", names.join(" "));
    if (connection.wanted.length > 0) return;
    connection.isRetired = true;
    this.states.remove(connection.connectionIndex);
    void this.sockets[connection.connectionIndex - 1]?.close();
  }

  /** Adds markets to connections with room, the rest to new ones. */
  #takeOn(specs: readonly SymbolSpec[], before: Before): void {
    const { symbolsPerConnection: perConnection = Infinity } = this.#options.connector;
    let at = 0;
    for (const connection of this.active) {
      const own = specs.slice(at, at + Math.max(0, perConnection - connection.wanted.length));
      if (own.length === 0) continue;
      at += own.length;
      connection.wanted = [...connection.wanted, ...own];
      const { connectionIndex } = connection;
      this.#ingest.event(connectionIndex, "subscribe", JSON.stringify(own), before(own));
    }
    if (at < specs.length) this.#connect(specs.slice(at), before);
  }

  #connect(specs: readonly SymbolSpec[], before: Before): void {
    const { connector, run, inTurns, turns } = this.#options;
    const added = planConnections({ ...connector, run, inTurns }, specs, this.all.length);
    for (const connection of added) {
      if (inTurns) connection.translator.setTurns(turnsOf(run, turns()));
      this.all.push(connection);
      this.translators.push(connection.translator);
      this.scanners.push(connection.normalizer.scanner);
      this.states.add(connection.connectionIndex);
    }
    // The next segment header names them before their first line.
    this.#ingest.cut();
    for (const connection of added) {
      const { connectionIndex, wanted } = connection;
      const known = before(wanted);
      if (known !== undefined) {
        this.#ingest.event(connectionIndex, "subscribe", JSON.stringify(wanted), known);
      }
      const socket = this.#newSocket(connection);
      this.sockets.push(socket);
      socket.start();
    }
  }

  /** Applies a connection's own event, once its line was translated. */
  note({ connectionIndex, name, why }: ConnectionEvent & { connectionIndex: number }): void {
    const connection = this.all[connectionIndex - 1];
    if (connection === undefined) return;
    if (name === "unsubscribe") leaveOut(connection, new Set(why.split(" ")));
    if (name === "subscribe") takeIn(connection, specsOf(why));
    if (name === "stop" && connection.isRetired) this.#options.onRetired(connectionIndex);
  }

  #retired({ connectionIndex }: Connection, opened: boolean): void {
    this.states.remove(connectionIndex);
    if (opened) this.#ingest.event(connectionIndex, "stop", "no market of it is wanted any more");
  }

  #newSocket(connection: Connection): VenueSocket {
    const { connectionIndex, normalizer } = connection;
    const { connector, logger, metrics } = this.#options;
    const { venue, endpoint, credentials, connectsDir, connects = venue.connects } = connector;
    const budget = new ConnectBudget(connectsDir, endpoint, connects);
    const socket: VenueSocket = new VenueSocket({
      budget,
      venue,
      endpoint,
      credentials,
      sendRate: connector.sendRate,
      logger: logger.with({ connection: connection.capture.connection }),
      listener: {
        onConnect: (used) => {
          this.denial.opened(connectionIndex, used);
          this.states.opened(connectionIndex);
          this.#options.onOpen();
          logger.info("connected", { endpoint, symbols: connection.symbols.length });
          this.#ingest.event(connectionIndex, "connect", endpoint);
          for (const frame of normalizer.subscribe()) socket.send(frame);
        },
        onDenied: (used, why) => this.denial.denied(connectionIndex, used, why),
        onFrame: (bytes, binary) => this.#ingest.frame(connectionIndex, bytes, binary),
        onDisconnect: (why, opened, retryMs) => {
          if (connection.isRetired) return this.#retired(connection, opened);
          const isNews = this.states.closed(connectionIndex, why, { wasOpen: opened, retryMs });
          if (!opened) return this.#unreachable(connectionIndex, why, isNews);
          // A planned stop is no gap yet; the next start knows its length.
          if (this.#options.isStopping()) return this.#ingest.event(connectionIndex, "stop", why);
          metrics.reconnects.inc(metrics.labels);
          this.#ingest.event(connectionIndex, "disconnect", why);
        },
      },
    });
    return socket;
  }

  /** Reports an unreachable venue: a gap from the first try on, repeated for a new reason. */
  #unreachable(connectionIndex: number, why: string, isNews: boolean): void {
    const { metrics } = this.#options;
    metrics.connectFailures.inc(metrics.labels);
    if (!isNews || this.#options.isStopping()) return;
    this.#ingest.event(connectionIndex, "unreachable", why, { fromUs: this.#startedUs });
  }
}
