import { type Environment, readOnlyError, readOnlyMode, shardsOfFeed } from "@ssmd/metadata";
import { type ComponentHealth, Health, LIMITS } from "@ssmd/runtime";
import { type Authenticator, keylessAuthenticator } from "./access/authenticator.ts";
import { ConnectedClients } from "./admin/connected_clients.ts";
import { clientRoutes } from "./admin/client_routes.ts";
import { environmentRoutes } from "./admin/environment_routes.ts";
import { logRoutes } from "./admin/log_routes.ts";
import { sqlRoute } from "./admin/sql_route.ts";
import { AgentsClient } from "./bus/agents_client.ts";
import { BusSubscriber } from "./bus/bus_subscriber.ts";
import { JobsClient } from "./bus/jobs_client.ts";
import { CaptureReports } from "./bus/capture_reports.ts";
import { SignalsClient } from "./bus/signals_client.ts";
import { TransformsClient } from "./bus/transforms_client.ts";
import type { GatewayOptions, GatewayStats } from "./gateway_options.ts";
import { History } from "./history/history.ts";
import { RecentFires } from "./history/recent_fires.ts";
import { StoredArchive } from "./history/stored_archive.ts";
import { HttpConnections } from "./http/http_connections.ts";
import type { Route } from "./http/route.ts";
import type { TlsFiles } from "./http/tls_files.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import { InstrumentSource } from "./meta/instrument_source.ts";
import { MasterStatuses } from "./meta/master_statuses.ts";
import type { RegistrySource } from "./meta/registry_source.ts";
import { gatewayMetrics } from "./metrics.ts";
import { SLOW_POLICY_DEFAULT } from "./protocol/slow_policy.ts";
import { protocolRoutes } from "./protocol/routes.ts";
import { openRest } from "./rest.ts";
import type { ReadFeedInfo } from "./rest/feed_info.ts";
import { agentRoutes } from "./rest/routes/agents.ts";
import { dayRoutes } from "./rest/routes/days.ts";
import { jobRoutes } from "./rest/routes/jobs.ts";
import { signalRoutes } from "./rest/routes/signals.ts";
import { MarketData, type MarketSpec } from "./state/market_data.ts";
import { RecentRecords } from "./state/recent_records.ts";
import { Hub } from "./stream/hub.ts";
import { StreamServer } from "./stream/server.ts";

/** Inputs loaded before the gateway's parts are created. */
interface GatewaySources {
  /** Feeds, schemas and environments; undefined = unknown. */
  registry: RegistrySource | undefined;
  /** Reads feed info from the registry. */
  feedInfo: ReadFeedInfo;
  /** Absent = plain HTTP. */
  tls: TlsFiles | undefined;
}

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
  #rest: ReturnType<typeof openRest>;

  /** Throws StorageError when feedback cannot be stored. */
  constructor(options: GatewayOptions, { registry, feedInfo, tls }: GatewaySources) {
    const { env, transport, logger, metrics } = options;
    this.#options = options;
    this.#environment = options.environment;
    this.tls = tls;
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
    this.#rest = this.#newRest({ registry, feedInfo, tls }, health);
    this.checks = this.#newChecks(health);
  }

  /** Whether the environment has an enabled enricher. */
  get isEnriched(): boolean {
    return this.#options.environment?.enrich?.some(({ enabled = true }) => enabled) ?? false;
  }

  /** The HTTP server; it does not listen yet. */
  get server(): ReturnType<typeof openRest>["server"] {
    return this.#rest.server;
  }

  /** All HTTP routes. */
  get routes(): readonly Route[] {
    return this.#rest.routes;
  }

  /** Takes the environment's current markets, and adds the new ones before their first record. */
  takeSymbols(symbols: Environment["symbols"]): void {
    if (this.#environment !== undefined) this.#environment = { ...this.#environment, symbols };
    const added = Object.entries(symbols)
      .filter(([symbol]) => this.data.market(symbol) === undefined);
    this.data.add([], added.map(([symbol, { feed, external }]) => ({ symbol, feed, external })));
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
    await this.#rest.close();
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

  #newRest(sources: GatewaySources, health: Health): ReturnType<typeof openRest> {
    const { env, version, transport, logger, metrics, audit } = this.#options;
    const { data, instruments } = this;
    const reports = new CaptureReports({
      ...{ env, transport, logger },
      shardsOf: (feed) => this.#environment ? shardsOfFeed(this.#environment, feed) : [],
    });
    const archive = this.#options.storage && new StoredArchive(this.#options.storage, env);
    return openRest({
      ...{ env, version, data, instruments, logger, metrics, audit, archive, health, ...sources },
      ...{ history: this.#history, transforms: this.#transforms },
      ...{ authenticator: this.#authenticator, connections: this.#connections },
      onRefused: this.#counts.onRefused,
      toolLimits: this.#options.toolLimits ?? {},
      mcpServer: this.#options.mcpServer,
      readOnly: readOnlyCheck(this.#options),
      captureOf: (feed) => reports.of(feed),
      feedback: this.#options.feedback ?? {},
      refreshMetrics: () => this.#counts.gauges(this.stats(), this.hub.states, data.refused),
      info: { env, version, feeds: [...this.#options.feeds], ...this.#options.info },
      more: this.#moreRoutes(archive),
    });
  }

  #moreRoutes(archive: StoredArchive | undefined): Route[] {
    const { env, version, transport, cache, storage } = this.#options;
    const { data, instruments } = this;
    const client = new SignalsClient(transport, env);
    return [
      ...protocolRoutes(version),
      ...agentRoutes(new AgentsClient(transport, env)),
      ...signalRoutes({ client, fires: this.#fires, data, archive }),
      ...dayRoutes({ data, cache }),
      ...jobRoutes(new JobsClient(transport, env)),
      ...clientRoutes(new ConnectedClients(this.streams, this.hub, data)),
      ...logRoutes(),
      ...applyRoutes(this.#options, data),
      ...(storage === undefined ? [] : [sqlRoute({ storage, env, instruments })]),
    ];
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

function applyRoutes({ environment, registryDir, transport }: GatewayOptions, data: MarketData) {
  if (environment === undefined || registryDir === undefined) return [];
  const addMarkets = (markets: readonly MarketSpec[]) => data.add([], markets);
  return environmentRoutes({ environment, registryDir, transport, addMarkets });
}
