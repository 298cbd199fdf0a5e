import { EVENT_TYPES } from "@ssmd/market";
import type { Logger, Metrics } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { type Gate, openGate } from "./access/gate.ts";
import { Intake } from "./intake/intake.ts";
import { listen, restServer } from "./rest/http.ts";
import { marketRoutes } from "./rest/markets.ts";
import { pageRoutes } from "./rest/page.ts";
import { Router } from "./rest/router.ts";
import { serviceRoutes } from "./rest/service.ts";
import { MarketData, type MarketSpec } from "./state/market_data.ts";
import { Hub } from "./stream/hub.ts";
import { StreamServer } from "./stream/server.ts";

/** What a gateway is made of. */
export interface GatewayOptions {
  /** The environment's name: the first token of subjects. */
  env: string;
  /** The bus that records come from; not closed by the gateway. */
  transport: Transport;
  /** Interface to listen on; `127.0.0.1` keeps it to this machine. */
  host: string;
  /** 0 = any free port. */
  port: number;
  /** Feeds whose connectors are asked for books at once; others are taken as they come. */
  feeds: readonly string[];
  /** Markets known from the environment; others are taken as they come. */
  markets: readonly MarketSpec[];
  /** Who lets callers in; default everyone. Not closed by the gateway. */
  gate?: Gate;
  /** Where it says what it does. */
  logger: Logger;
  /** Metrics of the component `gateway`; `/metrics` shows the whole registry behind them. */
  metrics: Metrics;
  /** The software's version, for `welcome`, `/health` and the page. */
  version: string;
  /** What the page shows of its surroundings (capture, data folder, …): plain values. */
  info?: Record<string, string | number | boolean>;
}

/** Figures of a running gateway. */
export interface GatewayStats {
  /** Clients connected now. */
  clients: number;
  /** Markets that clients get something of, summed over clients. */
  subscriptions: number;
  /** Clients that lose messages now. */
  slowClients: number;
  /** Markets known. */
  markets: number;
  /** Records from the bus since the start. */
  recordsReceived: number;
  /** Records from the bus in the last whole second. */
  recordsPerSecond: number;
  /** Records that could not be read, since the start. */
  recordsUnreadable: number;
  /** Messages given to clients since the start. */
  messagesSent: number;
  /** Messages lost for slow clients since the start. */
  messagesDropped: number;
}

/** A running gateway. */
export interface Gateway {
  /** `http://host:port` */
  readonly url: string;
  /** The port it listens on. */
  readonly port: number;
  /** Figures of this moment. */
  stats(): GatewayStats;
  /** Says goodbye to the clients and stops; the transport is left as it is. */
  close(): Promise<void>;
}

/**
 * Starts a gateway: live records in, `/v1/stream`, REST and the page out. Throws
 * {@linkcode SsmdError} PORT_IN_USE or LISTEN_FAILED, and as the transport does when it cannot
 * subscribe; nothing is left running then.
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const parts = build(options);
  const { intake, streams, server, hub, data } = parts;
  let port: number;
  try {
    port = await listen(server, options.host, options.port);
    streams.attach(server);
    await intake.start();
  } catch (error) {
    await stop(parts);
    throw error;
  }
  const ticker = setInterval(() => {
    for (const feed of data.feeds.values()) feed.tick();
  }, 1000);
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  const url = `http://${host}:${port}`;
  options.logger.info("gateway listens", { url });
  return {
    url,
    port,
    stats: () => statsOf(data, hub, intake),
    close: () => {
      clearInterval(ticker);
      return stop(parts);
    },
  };
}

type Parts = ReturnType<typeof build>;

function build(options: GatewayOptions) {
  const { env, transport, logger, metrics, version } = options;
  const gate = options.gate ?? openGate();
  const refresh = gatewayMetrics(metrics);
  const hub: Hub = new Hub({
    onCounts: refresh.onCounts,
    onLatency: (seconds) => refresh.latency.observe(seconds),
    onOverrun: (client) => streams.overrun(client),
  }, gate.meterFeeds);
  const data: MarketData = new MarketData({
    onRecord: (event, market) => hub.record(event, market),
    onFeedRecord: (event, feed) => hub.feedRecord(event, feed),
    onMarket: (market) => hub.marketAdded(market),
    onBooksLost: (feed) => intake.invalidateSnapshots(feed),
    onSnapshotWanted: (feed) => intake.wantSnapshots(feed),
  });
  data.add(options.feeds, options.markets);
  const intake: Intake = new Intake({ env, transport, data, logger, metrics });
  const streams: StreamServer = new StreamServer({ env, version, data, hub, logger, gate });
  const router = new Router([
    ...marketRoutes(data),
    ...serviceRoutes({
      version,
      startedMs: Date.now(),
      metrics,
      unreadyReasons: () => unreadyReasons(intake),
      refreshMetrics: () => refresh.gauges(statsOf(data, hub, intake), data.refused),
      info: { env, version, feeds: [...options.feeds], ...options.info },
    }),
    ...pageRoutes(),
  ]);
  return { data, hub, intake, streams, server: restServer(router, logger) };
}

async function stop({ intake, streams, server, hub }: Parts): Promise<void> {
  intake.close();
  await streams.close();
  hub.close();
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

function unreadyReasons(intake: Intake): string[] {
  const reasons: string[] = [];
  if (!intake.subscribed) reasons.push("live records are not subscribed yet");
  if (!intake.connected) reasons.push("the bus is away");
  return reasons;
}

function statsOf(data: MarketData, hub: Hub, intake: Intake): GatewayStats {
  let recordsReceived = 0;
  let recordsPerSecond = 0;
  for (const feed of data.feeds.values()) {
    recordsReceived += feed.records;
    recordsPerSecond += feed.recordsPerSecond;
  }
  return {
    clients: hub.clientCount,
    subscriptions: hub.subscriptions,
    slowClients: hub.slowClients,
    markets: data.marketCount,
    recordsReceived,
    recordsPerSecond,
    recordsUnreadable: intake.unreadable,
    messagesSent: hub.sentTotal,
    messagesDropped: hub.droppedTotal,
  };
}

function gatewayMetrics(metrics: Metrics) {
  const sent = metrics.counter("messages_sent_total", "Messages given to clients.", ["type"]);
  const dropped = metrics.counter("messages_dropped_total", "Messages lost for clients.", [
    "reason",
  ]);
  const clients = metrics.gauge("clients_connected", "Clients connected now.");
  const slow = metrics.gauge("slow_consumers", "Clients that lose messages now.");
  const active = metrics.gauge("subscriptions_active", "Markets that clients get, summed.");
  const latency = metrics.histogram(
    "latency_seconds",
    "From a frame's arrival at the connector to the write to clients (sampled).",
  );
  const children = EVENT_TYPES.map((type) => sent.labels({ type }));
  const onCounts = (sentNow: readonly number[], droppedNow: readonly number[]) => {
    for (let i = 0; i < children.length; i++) {
      const count = sentNow[i] ?? 0;
      if (count > 0) children[i]?.inc(count);
      const lost = droppedNow[i] ?? 0;
      if (lost > 0) dropped.inc({ reason: "slow" }, lost);
    }
  };
  let refusedBefore = 0;
  const gauges = (stats: GatewayStats, refused: number) => {
    if (refused > refusedBefore) dropped.inc({ reason: "markets_max" }, refused - refusedBefore);
    refusedBefore = refused;
    clients.set(stats.clients);
    slow.set(stats.slowClients);
    active.set(stats.subscriptions);
  };
  return { latency, onCounts, gauges };
}
