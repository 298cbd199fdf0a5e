import type { AuditQueue } from "@ssmd/audit";
import type { Cache } from "@ssmd/cache";
import type { Environment, GatewaySpec } from "@ssmd/metadata";
import type { Health, Logger, Metrics } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import type { Transport } from "@ssmd/transport";
import type { Authenticator } from "./access/authenticator.ts";
import type { ConnectionLimits } from "./connection_limits.ts";
import type { FeedbackOptions } from "./feedback/open_feedback.ts";
import type { CallLimits } from "./http/call_rate.ts";
import type { Route } from "./http/route.ts";
import type { TlsFiles } from "./http/tls_files.ts";
import type { McpServing } from "./mcp/mcp_http.ts";
import type { RegistrySource } from "./meta/registry_source.ts";
import type { ReadFeedInfo } from "./rest/feed_info.ts";
import type { MarketSpec } from "./state/market_data.ts";
import type { RecentLimits } from "./state/recent_records.ts";

/** Options of {@linkcode startGateway}. */
export interface GatewayOptions {
  /** Name of the environment, the first token of subjects. */
  env: string;
  /** Bus that records come from; not closed by the gateway. */
  transport: Transport;
  /** Interface to listen on; `127.0.0.1` keeps it to this machine. */
  host: string;
  /** 0 = any free port. */
  port: number;
  /** Certificate files for TLS; absent = plain HTTP. */
  tls?: GatewaySpec["tls"];
  /** Feeds whose books are requested at startup; others are added with their first record. */
  feeds: readonly string[];
  /** Markets of the environment; others are added with their first record. */
  markets: readonly MarketSpec[];
  /** Storage of the archive, for REST; not closed by the gateway. Absent = memory only. */
  storage?: Storage;
  /** Gets the security master, has the trading days; not closed by it. Absent = none. */
  cache?: Cache;
  /** Environment at startup; with `registryDir` its file can be applied live. Absent = it cannot. */
  environment?: Environment;
  /** Registry folder, for REST; absent = no metadata. */
  registryDir?: string;
  /** Authenticates callers; default keyless. Not closed by the gateway. */
  authenticator?: Authenticator;
  /** Audit log for changes and refusals; not closed by the gateway. Absent = none. */
  audit?: AuditQueue;
  /** Data folder: routes refuse changes while its environment is read-only; absent = never. */
  dataDir?: string;
  /** Settings for slow clients. */
  slowClients?: NonNullable<GatewaySpec["slow_clients"]>;
  /** Ping interval, and silence after which a client is disconnected, ms. */
  silence?: { pingEveryMs: number; deadAfterMs: number };
  /**
   * Whether routes are loaded by the first request or call of `routes` instead of the start, which
   * the stream then does not wait for; default: false. Requests wait until they are loaded.
   */
  loadsRoutesLate?: boolean;
  /** Called when the gateway does not answer its own health check; absent = no check. */
  onUnresponsive?: () => void;
  /** Maximum number of clients and sockets; default GATEWAY_LIMITS. */
  connections?: ConnectionLimits;
  /** Options of the feedback store and the issue tracker; default in memory. */
  feedback?: FeedbackOptions;
  /** Rate limits of tool calls. */
  toolLimits?: Partial<CallLimits>;
  /** Creates the server for MCP clients; default one with the gateway's tools. */
  mcpServer?: McpServing;
  /** Limits of the records kept for resuming clients. */
  recent?: Partial<RecentLimits>;
  /** Destination of log records. */
  logger: Logger;
  /** Metrics of the component `gateway`; `/metrics` serves their whole registry. */
  metrics: Metrics;
  /** Health of the process, served at `/health`; default a new one. */
  health?: Health;
  /** Software version, for `welcome`, `/health` and the page. */
  version: string;
  /** Values shown on the page (capture, data folder, …). */
  info?: Record<string, string | number | boolean>;
}

/** Inputs loaded before the gateway's parts are created. */
export interface GatewaySources {
  /** Feeds, schemas and environments; undefined = unknown. */
  registry: RegistrySource | undefined;
  /** Reads feed info from the registry. */
  feedInfo: ReadFeedInfo;
  /** Absent = plain HTTP. */
  tls: TlsFiles | undefined;
}

/** Figures of a running gateway. */
export interface GatewayStats {
  /** Clients connected now. */
  clients: number;
  /** Subscribed markets, summed over clients. */
  subscriptions: number;
  /** Clients whose buffer is dropping now. */
  slowClients: number;
  /** Known markets. */
  markets: number;
  /** Records received from the bus since the start. */
  recordsReceived: number;
  /** Records received from the bus in the last whole second. */
  recordsPerSecond: number;
  /** Records that could not be decoded, since the start. */
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
  /**
   * Returns the HTTP routes, and loads them if no request has done so. Rejects with StorageError
   * when feedback cannot be stored.
   */
  routes(): Promise<readonly Route[]>;
  /** Current figures. */
  stats(): GatewayStats;
  /** Closes all connections and stops; the transport stays open. */
  close(): Promise<void>;
}
