import { type Environment, readOnlyError, readOnlyMode } from "@ssmd/metadata";
import type { Server } from "node:http";
import { type ComponentHealth, Health, LIMITS, nowUs } from "@ssmd/runtime";
import { type Authenticator, keylessAuthenticator } from "./access/authenticator.ts";
import { BusSubscriber } from "./bus/bus_subscriber.ts";
import { TransformsClient } from "./bus/transforms_client.ts";
import type { GatewayOptions, GatewaySources, GatewayStats } from "./gateway_options.ts";
import { History } from "./history/history.ts";
import { RecentFires } from "./history/recent_fires.ts";
import { restServer } from "./http/http.ts";
import { HttpConnections } from "./http/http_connections.ts";
import { RouteAudit } from "./http/route_audit.ts";
import type { TlsFiles } from "./http/tls_files.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import { InstrumentSource } from "./meta/instrument_source.ts";
import { MasterStatuses } from "./meta/master_statuses.ts";
import { gatewayMetrics } from "./metrics.ts";
import { SLOW_POLICY_DEFAULT } from "./protocol/slow_policy.ts";
import type { OpenRest } from "./rest.ts";
import { MarketData } from "./state/market_data.ts";
import { RecentRecords } from "./state/recent_records.ts";
import { Hub } from "./stream/hub.ts";
import { StreamServer } from "./stream/server.ts";

/**
 * Creates and connects the parts of a gateway: records flow from `subscriber` (the bus) into `data`
 * (market state), then to `history` (REST) and `hub` (clients of `streams`). The constructor
 * neither listens nor subscribes.
 */
export class GatewayParts {
  readonly data: MarketData;
  readonly hub: Hub;
  readonly subscriber: BusSubscriber;
  readonly streams: StreamServer;
  readonly instruments: InstrumentSource;
  readonly checks: ComponentHealth;
  readonly tls: TlsFiles | undefined;
  /** The HTTP server; it does not listen yet. */
  readonly server: Server;
  #options: GatewayOptions;
  /** Current environment: `symbols` follow what is applied and selected; undefined = none. */
  #environment: Environment | undefined;
  #authenticator: Authenticator;
  #counts: ReturnType<typeof gatewayMetrics>;
  #records: RecentRecords;
  #history = new History();
  #fires = new RecentFires();
  #statuses: MasterStatuses;
  #transforms: TransformsClient;
  #connections: HttpConnections;
  #audit: RouteAudit;
  #newRest: () => Promise<OpenRest>;
  #rest: Promise<OpenRest> | undefined;

  constructor(options: GatewayOptions, sources: GatewaySources) {
    const { env, transport, logger, metrics } = options;
    const { registry } = sources;
    this.#options = options;
    this.#environment = options.environment;
    this.tls = sources.tls;
    this.#authenticator = options.authenticator ?? keylessAuthenticator({ host: options.host });
    this.#counts = gatewayMetrics(metrics);
    this.#records = new RecentRecords({
      messagesMax: GATEWAY_LIMITS.recentRecordsMax,
      bytesMax: GATEWAY_LIMITS.recentRecordsBytesMax,
      ...options.recent,
    });
    this.hub = this.#newHub();
    this.instruments = new InstrumentSource({
      ...{ registry, transport, logger },
      ...(options.cache === undefined ? {} : { cache: options.cache }),
      onInstrument: (instrument) => this.#statuses.takeInstrument(instrument),
    });
    this.data = this.#newData();
    this.#statuses = new MasterStatuses(this.instruments, this.data);
    this.data.add(options.feeds, options.markets);
    this.#transforms = new TransformsClient(transport, env);
    const { data } = this;
    this.subscriber = new BusSubscriber({
      ...{ env, transport, data, records: this.#records, logger, metrics },
    });
    const { connectionsMax } = options.connections ?? GATEWAY_LIMITS;
    this.#connections = new HttpConnections(connectionsMax, this.#counts.onRefused);
    this.streams = this.#newStreams();
    const health = options.health ?? new Health({ registry: metrics.registry });
    this.#audit = new RouteAudit(options.audit, logger, readOnlyCheck(options));
    this.server = this.#newServer();
    const startedMs = Date.now();
    this.#newRest = () => this.#loadRest(sources, { health, startedMs });
    this.checks = this.#newChecks(health);
  }

  /** Whether the environment has an enabled enricher. */
  get isEnriched(): boolean {
    return this.#options.environment?.enrich?.some(({ enabled = true }) => enabled) ?? false;
  }

  /** All HTTP routes, loaded when first used. Rejects with StorageError when feedback cannot be stored. */
  rest(): Promise<OpenRest> {
    return this.#rest ??= this.#newRest();
  }

  /** Takes the environment's current markets; new ones are there before their first record. */
  takeSymbols(symbols: Environment["symbols"]): void {
    const before = this.#environment?.symbols ?? {};
    if (this.#environment !== undefined) this.#environment = { ...this.#environment, symbols };
    this.data.replaceMarkets(before, symbols, nowUs());
  }

  /** Current figures. */
  stats(): GatewayStats {
    const { data, hub, subscriber } = this;
    const feeds = [...data.feeds.values()];
    return {
      clients: hub.clients.size,
      subscriptions: hub.subscriptions,
      slowClients: hub.states.dropping,
      markets: data.marketCount,
      recordsReceived: feeds.reduce((sum, { records }) => sum + records, 0),
      recordsPerSecond: feeds.reduce((sum, { recordsPerSecond }) => sum + recordsPerSecond, 0),
      recordsUnreadable: subscriber.unreadable,
      messagesSent: hub.sentTotal,
      messagesDropped: hub.droppedTotal,
    };
  }

  /** Closes all parts. */
  async close(): Promise<void> {
    this.checks.close();
    this.instruments.close();
    this.subscriber.close();
    await this.streams.close();
    this.hub.close();
    this.#connections.close();
    this.tls?.close();
    await this.#rest?.then((rest) => rest.close(), () => {});
    this.#audit.close();
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  #newHub(): Hub {
    const { onSent, onDropped, latency } = this.#counts;
    return new Hub(this.#records, {
      ...{ onSent, onDropped },
      onLatency: (seconds) => latency.observe(seconds),
      onCut: (client, why) => this.streams.endSlowClient(client, why),
    }, this.#authenticator.meterFeeds);
  }

  #newData(): MarketData {
    const { hub } = this;
    return new MarketData({
      onRecord: (event, market, origin) => {
        // No stream position: a status from the security master, which belongs in no history.
        if (event.type === "status" && origin === undefined) {
          return hub.deliverRecord(event, market, origin);
        }
        if (event.type === "fire") this.#fires.add(event);
        else this.#history.takeRecord(event, market, origin?.payload);
        hub.deliverRecord(event, market, origin);
      },
      onFeedRecord: (event, feed, origin) => {
        // A gap of the gateway itself: the archive has the missed records.
        if (origin === undefined) this.#history.raiseFloor(feed);
        else this.#history.takeFeedRecord(event, feed);
        hub.deliverFeedRecord(event, feed, origin);
      },
      onMarket: (market) => {
        hub.addMarket(market);
        this.#statuses.takeMarket(market);
      },
      onBooksLost: (feed) => this.subscriber.invalidateSnapshots(feed),
      onSnapshotWanted: (feed) => this.subscriber.requestSnapshots(feed),
    });
  }

  #newStreams(): StreamServer {
    const { env, transport, logger, version, audit, silence } = this.#options;
    const { data, hub } = this;
    const { clientsMax } = this.#options.connections ?? GATEWAY_LIMITS;
    const { pingEveryMs, deadAfterMs } = GATEWAY_LIMITS;
    const slow = this.#options.slowClients ?? {};
    return new StreamServer({
      ...{ clientsMax, connections: this.#connections, version, logger },
      context: {
        ...{ env, data, hub, records: this.#records, transport, logger, audit },
        onResumed: this.#counts.onResumed,
        isEnriched: this.isEnriched,
        transforms: this.#transforms,
      },
      authenticator: this.#authenticator,
      policy: slow.policy ?? SLOW_POLICY_DEFAULT,
      silence: { pingEveryMs, deadAfterMs, ...silence },
      limits: {
        bytesMax: slow.buffer_bytes ?? LIMITS.clientBufferBytesMax,
        messagesMax: slow.buffer_messages ?? GATEWAY_LIMITS.clientBufferMessagesMax,
        droppingMsMax: slow.disconnect_after_s === undefined
          ? GATEWAY_LIMITS.clientDroppingMsMax
          : slow.disconnect_after_s * 1000,
      },
    });
  }

  #newServer(): Server {
    return restServer({
      router: async () => (await this.rest()).router,
      ...{ authenticator: this.#authenticator, connections: this.#connections, tls: this.tls },
      ...{ logger: this.#options.logger, audit: this.#audit, onRefused: this.#counts.onRefused },
    });
  }

  /** Late: their modules take longer to run than the rest of the gateway to start. */
  async #loadRest(
    sources: GatewaySources,
    start: { health: Health; startedMs: number },
  ): Promise<OpenRest> {
    const { openGatewayRest } = await import("./gateway_rest.ts");
    const { data, hub, streams, instruments } = this;
    return openGatewayRest(this.#options, {
      ...{ ...sources, ...start, data, hub, streams, instruments },
      ...{ history: this.#history, fires: this.#fires, transforms: this.#transforms },
      ...{ authenticator: this.#authenticator, routeAudit: this.#audit },
      environment: () => this.#environment,
      refreshMetrics: () => this.#counts.gauges(this.stats(), hub.states, data.refused),
    });
  }

  #newChecks(health: Health): ComponentHealth {
    const { transport } = this.#options;
    const authenticator = this.#authenticator;
    const checks = health.component("gateway");
    checks.requireForReadiness("bus", () => transport.problem || undefined);
    checks.requireForReadiness(
      "live_records",
      () => this.subscriber.subscribed ? undefined : "live records are not subscribed yet",
    );
    // Only a notice while known clients are still served: other gateways share the store.
    checks.notice(
      "client_store",
      () => authenticator.isStoreLost ? undefined : authenticator.storeProblem,
    );
    checks.notice("audit_log", () => this.#options.audit?.problem);
    checks.requireForReadiness(
      "client_store_lost",
      () => authenticator.isStoreLost ? authenticator.storeProblem : undefined,
    );
    return checks;
  }
}

function readOnlyCheck({ env, dataDir }: GatewayOptions) {
  if (dataDir === undefined) return undefined;
  return async () => {
    const mode = await readOnlyMode(dataDir, env);
    return mode && readOnlyError(env, mode);
  };
}
