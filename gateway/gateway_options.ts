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
import type { McpServing } from "./mcp/mcp_http.ts";
import type { MarketSpec } from "./state/market_data.ts";
import type { RecentLimits } from "./state/recent_records.ts";

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
