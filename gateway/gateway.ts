import type { AuditQueue } from "@ssmd/audit";
import type { Cache } from "@ssmd/cache";
import {
  type Environment,
  type GatewaySpec,
  readOnlyError,
  readOnlyMode,
  shardsOfFeed,
} from "@ssmd/metadata";
import { type ComponentHealth, Health, LIMITS, type Logger, type Metrics } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { Transport } from "@ssmd/transport";
import { type Authenticator, keylessAuthenticator } from "./access/authenticator.ts";
import type { ConnectionLimits } from "./connection_limits.ts";
import { ConnectedClients } from "./admin/connected_clients.ts";
import { clientRoutes } from "./admin/client_routes.ts";
import { logRoutes } from "./admin/log_routes.ts";
import { sqlRoute } from "./admin/sql_route.ts";
import { environmentRoutes } from "./admin/environment_routes.ts";
import type { FeedbackOptions } from "./feedback/open_feedback.ts";
import { History } from "./history/history.ts";
import { RecentFires } from "./history/recent_fires.ts";
import { StoredArchive } from "./history/stored_archive.ts";
import { CaptureReports } from "./bus/capture_reports.ts";
import { followEnriched } from "./bus/enriched_rows.ts";
import { followSelectedMarkets } from "./bus/selected_markets.ts";
import { BusSubscriber } from "./bus/bus_subscriber.ts";
import { AgentsClient } from "./bus/agents_client.ts";
import { SignalsClient } from "./bus/signals_client.ts";
import { TransformsClient } from "./bus/transforms_client.ts";
import { GATEWAY_LIMITS } from "./limits.ts";
import { InstrumentSource } from "./meta/instrument_source.ts";
import { MasterStatuses } from "./meta/master_statuses.ts";
import { RegistrySource } from "./meta/registry_source.ts";
import type { CallLimits } from "./http/call_rate.ts";
import { gatewayMetrics } from "./metrics.ts";
import { protocolRoutes } from "./protocol/routes.ts";
import { type FeedInfo, readFeedInfo } from "./rest/feed_info.ts";
import { listen } from "./http/http.ts";
import { TlsFiles } from "./http/tls_files.ts";
import { HttpConnections } from "./http/http_connections.ts";
import { openRest } from "./rest.ts";
import type { Route } from "./http/route.ts";
import { agentRoutes } from "./rest/routes/agents.ts";
import { dayRoutes } from "./rest/routes/days.ts";
import { signalRoutes } from "./rest/routes/signals.ts";
import { SelfCheck } from "./self_check.ts";
import type { EnrichedMessage, Market } from "./state/market.ts";
import { MarketData, type MarketSpec } from "./state/market_data.ts";
import { type RecentLimits, RecentRecords } from "./state/recent_records.ts";
import { Hub } from "./stream/hub.ts";
import { SLOW_POLICY_DEFAULT } from "./protocol/slow_policy.ts";
import { StreamServer } from "./stream/server.ts";
import type { McpServing } from "./mcp/mcp_http.ts";

/** Options of {@linkcode startGateway}. */
export interface GatewayOptions {
  /** The environment's name: the first token of subjects. */
  env: string;
  /** The bus that records come from; not closed by the gateway. */
  transport: Transport;
  /** Interface to listen on; `127.0.0.1` keeps it to this machine. */
  host: string;
  /** 0 = any free port. */
  port: number;
  /** Files of the certificate by which it speaks TLS; absent = plain HTTP. */
  tls?: GatewaySpec["tls"];
  /** Feeds whose books are requested at the start; others are added with their first record. */
  feeds: readonly string[];
  /** Markets of the environment; others are added with their first record. */
  markets: readonly MarketSpec[];
  /** Storage of the archive, for REST; not closed by the gateway. Absent = memory only. */
  storage?: Storage;
  /** Gets a view of the security master; not closed by the gateway. Absent = none. */
  cache?: Cache;
  /** As it runs, to be changed while it runs; with the registry's folder. Absent = it cannot be. */
  environment?: Environment;
  /** The registry's folder, for REST; absent = no metadata. */
  registryDir?: string;
  /** Authenticates callers; default keyless. Not closed by the gateway. */
  authenticator?: Authenticator;
  /** Where changes and refusals are written; not closed by the gateway. Absent = nowhere. */
  audit?: AuditQueue;
  /** The data folder: while its environment is read-only, routes change nothing; absent = they may. */
  dataDir?: string;
  /** Options for slow clients. */
  slowClients?: NonNullable<GatewaySpec["slow_clients"]>;
  /** Interval of pings, and silence after which a client is disconnected, milliseconds. */
  silence?: { pingEveryMs: number; deadAfterMs: number };
  /** Called when its own health check finds no answer; absent = no such check. */
  onUnresponsive?: () => void;
  /** Maximum of clients and sockets; default GATEWAY_LIMITS. */
  connections?: ConnectionLimits;
  /** Where reports of issues are kept and go; default memory. */
  feedback?: FeedbackOptions;
  /** Limits of calls of tools. */
  toolLimits?: Partial<CallLimits>;
  /** Makes what MCP clients are served; default the tools. */
  mcpServer?: McpServing;
  /** Limits of the records kept for resuming clients. */
  recent?: Partial<RecentLimits>;
  /** Destination of log records. */
  logger: Logger;
  /** Metrics of the component `gateway`; `/metrics` shows the whole registry behind them. */
  metrics: Metrics;
  /** The process's health, which `/health` shows; default one of the gateway's own. */
  health?: Health;
  /** The software's version, for `welcome`, `/health` and the page. */
  version: string;
  /** Values that the page shows (capture, data folder, …). */
  info?: Record<string, string | number | boolean>;
}

/** Figures of a running gateway. */
export interface GatewayStats {
  /** Clients connected now. */
  clients: number;
  /** Subscribed markets, summed over clients. */
  subscriptions: number;
  /** Clients whose buffer is dropping now. */
  slowClients: number;
  /** Markets known. */
  markets: number;
  /** Records from the bus since the start. */
  recordsReceived: number;
  /** Records from the bus in the last whole second. */
  recordsPerSecond: number;
  /** Records that could not be read, since the start. */
  recordsUnreadable: number;
  /** Messages sent to clients since the start. */
  messagesSent: number;
  /** Messages dropped for slow clients since the start. */
  messagesDropped: number;
}

/** A running gateway. */
export interface Gateway {
  /** `http://host:port`, `https://` with TLS. */
  readonly url: string;
  /** The port it listens on. */
  readonly port: number;
  /** The HTTP routes. */
  readonly routes: readonly Route[];
  /** Current figures. */
  stats(): GatewayStats;
  /** Closes all connections and stops; the transport stays open. */
  close(): Promise<void>;
}

/**
 * Starts a gateway: live records in, `/v1/stream`, REST and the page out. Throws
 * {@linkcode SsmdError} PORT_IN_USE, LISTEN_FAILED or TLS_FILES_UNUSABLE, and as the transport does when it cannot
 * subscribe; nothing is left running then.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { registryDir, logger } = options;
  const registry = registryDir === undefined ? undefined : new RegistrySource(registryDir);
  const feedInfo = await readFeedInfo(registry, logger);
  const tls = options.tls && await TlsFiles.open(options.tls, { logger });
  const parts = build(options, { registry, feedInfo, tls });
  const { subscriber, streams, server, hub, data } = parts;
  const { transport, environment } = options;
  const watches: ({ unsubscribe(): void } | undefined)[] = [];
  let selected: { close(): Promise<void> } | undefined;
  let port: number;
  try {
    port = await listen(server, options.host, options.port);
    streams.attach(server);
    await subscriber.start();
    parts.instruments.start();
    if (isEnriched(environment)) {
      const onRow = (row: EnrichedMessage, market: Market) =>
        hub.deliverRecord(row, market, undefined);
      watches.push(await followEnriched({ env: options.env, transport, data, onRow, logger }));
    }
    selected = await followSelectedMarkets({ environment, registryDir, transport, data, logger });
  } catch (error) {
    await stop(parts);
    throw error;
  }
  const ticker = setInterval(() => {
    for (const feed of data.feeds.values()) feed.tick();
  }, 1000);
  const { onUnresponsive } = options;
  const check = onUnresponsive && new SelfCheck({
    ...{ host: options.host, port, onUnresponsive, isEncrypted: tls !== undefined },
  });
  if (check) parts.checks.requireForLiveness("self_check", () => check.problem || undefined);
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  const url = `${tls === undefined ? "http" : "https"}://${host}:${port}`;
  options.logger.info("gateway listens", { url });
  return {
    url,
    port,
    routes: parts.routes,
    stats: () => statsOf(data, hub, subscriber),
    close: async () => {
      clearInterval(ticker);
      check?.close();
      for (const watch of watches) watch?.unsubscribe();
      await selected?.close();
      await stop(parts);
    },
  };
}

function isEnriched(environment: Environment | undefined): boolean {
  return environment?.enrich?.some(({ enabled = true }) => enabled) ?? false;
}

/** The routes of such a gateway, which is never started. */
export async function routesOf(options: GatewayOptions): Promise<readonly Route[]> {
  const parts = build(options, { registry: undefined, feedInfo: new Map(), tls: undefined });
  await stop(parts);
  return parts.routes;
}

type Parts = ReturnType<typeof build>;

function readOnlyCheck({ env, dataDir }: GatewayOptions) {
  if (dataDir === undefined) return undefined;
  return async () => {
    const mode = await readOnlyMode(dataDir, env);
    return mode && readOnlyError(env, mode);
  };
}

function build(
  options: GatewayOptions,
  { registry, feedInfo, tls }: {
    registry: RegistrySource | undefined;
    feedInfo: ReadonlyMap<string, FeedInfo>;
    tls: TlsFiles | undefined;
  },
) {
  const { env, transport, logger, metrics, version } = options;
  const health = options.health ?? new Health({ registry: metrics.registry });
  const authenticator = options.authenticator ?? keylessAuthenticator({ host: options.host });
  const { pingEveryMs, deadAfterMs } = GATEWAY_LIMITS;
  const counts = gatewayMetrics(metrics);
  const records = new RecentRecords({
    messagesMax: GATEWAY_LIMITS.recentRecordsMax,
    bytesMax: GATEWAY_LIMITS.recentRecordsBytesMax,
    ...options.recent,
  });
  const hub: Hub = new Hub(records, {
    onSent: counts.onSent,
    onDropped: counts.onDropped,
    onLatency: (seconds) => counts.latency.observe(seconds),
    onCut: (client, why) => streams.endSlowClient(client, why),
  }, authenticator.meterFeeds);
  const history = new History();
  const fires = new RecentFires();
  const instruments = new InstrumentSource({
    ...{ registry, transport, logger },
    ...(options.cache === undefined ? {} : { cache: options.cache }),
    onInstrument: (instrument) => statuses.takeInstrument(instrument),
  });
  const data: MarketData = new MarketData({
    onRecord: (event, market, origin) => {
      // Of no stream: a step that only the security master tells.
      if (event.type === "status" && origin === undefined) {
        return hub.deliverRecord(event, market, origin);
      }
      if (event.type === "fire") fires.add(event);
      else history.takeRecord(event, market, origin?.payload);
      hub.deliverRecord(event, market, origin);
    },
    onFeedRecord: (event, feed, origin) => {
      // A gap of the gateway's own: the archive has what did not reach it.
      if (origin === undefined) history.raiseFloor(feed);
      else history.takeFeedRecord(event, feed);
      hub.deliverFeedRecord(event, feed, origin);
    },
    onMarket: (market) => {
      hub.addMarket(market);
      statuses.takeMarket(market);
    },
    onBooksLost: (feed) => subscriber.invalidateSnapshots(feed),
    onSnapshotWanted: (feed) => subscriber.requestSnapshots(feed),
  });
  const statuses = new MasterStatuses(instruments, data);
  data.add(options.feeds, options.markets);
  const transforms = new TransformsClient(transport, env);
  const subscriber: BusSubscriber = new BusSubscriber({
    env,
    transport,
    data,
    records,
    logger,
    metrics,
  });
  const { clientsMax, connectionsMax } = options.connections ?? GATEWAY_LIMITS;
  const slow = options.slowClients ?? {};
  const connections = new HttpConnections(connectionsMax, counts.onRefused);
  const streams: StreamServer = new StreamServer({
    ...{ clientsMax, connections },
    version,
    logger,
    context: {
      ...{ env, data, hub, records, transport, logger, onResumed: counts.onResumed },
      audit: options.audit,
      isEnriched: isEnriched(options.environment),
      transforms,
    },
    authenticator,
    policy: slow.policy ?? SLOW_POLICY_DEFAULT,
    silence: { pingEveryMs, deadAfterMs, ...options.silence },
    limits: {
      bytesMax: slow.buffer_bytes ?? LIMITS.clientBufferBytesMax,
      messagesMax: slow.buffer_messages ?? GATEWAY_LIMITS.clientBufferMessagesMax,
      droppingMsMax: slow.disconnect_after_s === undefined
        ? GATEWAY_LIMITS.clientDroppingMsMax
        : slow.disconnect_after_s * 1000,
    },
  });
  const reports = new CaptureReports({
    ...{ env, transport, logger },
    shardsOf: (feed) =>
      options.environment === undefined ? [] : shardsOfFeed(options.environment, feed),
  });
  const archive = options.storage && new StoredArchive(options.storage, env);
  const rest = openRest({
    ...{
      env,
      version,
      data,
      history,
      registry,
      instruments,
      feedInfo,
      authenticator,
      logger,
      metrics,
      connections,
      tls,
      transforms,
    },
    onRefused: counts.onRefused,
    toolLimits: options.toolLimits ?? {},
    mcpServer: options.mcpServer,
    audit: options.audit,
    readOnly: readOnlyCheck(options),
    captureOf: (feed) => reports.of(feed),
    feedback: options.feedback ?? {},
    archive,
    health,
    refreshMetrics: () => counts.gauges(statsOf(data, hub, subscriber), hub.states, data.refused),
    info: { env, version, feeds: [...options.feeds], ...options.info },
    more: [
      ...protocolRoutes(version),
      ...agentRoutes(new AgentsClient(transport, env)),
      ...signalRoutes({ client: new SignalsClient(transport, env), fires, data, archive }),
      ...dayRoutes({ data, cache: options.cache }),
      ...clientRoutes(new ConnectedClients(streams, hub, data)),
      ...logRoutes(),
      ...applyRoutes(options, data),
      ...(options.storage === undefined ? [] : [
        sqlRoute({ storage: options.storage, env, instruments }),
      ]),
    ],
  });
  const checks = registerHealthChecks(health, subscriber, transport);
  registerStoreChecks(checks, authenticator);
  const { server, routes } = rest;
  return {
    ...{ data, hub, subscriber, streams, rest, server, routes, connections, checks, instruments },
    tls,
  };
}

function applyRoutes({ environment, registryDir, transport }: GatewayOptions, data: MarketData) {
  if (environment === undefined || registryDir === undefined) return [];
  const addMarkets = (markets: readonly MarketSpec[]) => data.add([], markets);
  return environmentRoutes({ environment, registryDir, transport, addMarkets });
}

async function stop(
  { subscriber, streams, rest, server, hub, connections, checks, instruments, tls }: Parts,
): Promise<void> {
  checks.close();
  instruments.close();
  subscriber.close();
  await streams.close();
  hub.close();
  connections.close();
  tls?.close();
  await rest.close();
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

function registerHealthChecks(
  health: Health,
  subscriber: BusSubscriber,
  transport: Transport,
): ComponentHealth {
  const checks = health.component("gateway");
  checks.requireForReadiness("bus", () => transport.problem || undefined);
  checks.requireForReadiness(
    "live_records",
    () => subscriber.subscribed ? undefined : "live records are not subscribed yet",
  );
  return checks;
}

/** While known clients go on it is no reason to send them elsewhere: other gateways share the store. */
function registerStoreChecks(checks: ComponentHealth, authenticator: Authenticator): void {
  checks.notice(
    "client_store",
    () => authenticator.isStoreLost ? undefined : authenticator.storeProblem,
  );
  checks.requireForReadiness(
    "client_store_lost",
    () => authenticator.isStoreLost ? authenticator.storeProblem : undefined,
  );
}

function statsOf(data: MarketData, hub: Hub, subscriber: BusSubscriber): GatewayStats {
  let recordsReceived = 0;
  let recordsPerSecond = 0;
  for (const feed of data.feeds.values()) {
    recordsReceived += feed.records;
    recordsPerSecond += feed.recordsPerSecond;
  }
  return {
    clients: hub.clients.size,
    subscriptions: hub.subscriptions,
    slowClients: hub.states.dropping,
    markets: data.marketCount,
    recordsReceived,
    recordsPerSecond,
    recordsUnreadable: subscriber.unreadable,
    messagesSent: hub.sentTotal,
    messagesDropped: hub.droppedTotal,
  };
}
