import type { AuditQueue } from "@ssmd/audit";
import type { Health, Logger, Metrics } from "@ssmd/runtime";
import type { Access } from "./access/access.ts";
import type { TransformsClient } from "./bus/transforms_client.ts";
import type { Authenticator } from "./access/authenticator.ts";
import type { ArchiveSource } from "./history/archive_source.ts";
import { CandleReader } from "./history/candle_reader.ts";
import type { History } from "./history/history.ts";
import { type FeedbackOptions, openFeedback } from "./feedback/open_feedback.ts";
import { HistoryReader } from "./history/history_reader.ts";
import { askRouter } from "./http/ask_router.ts";
import { type CallLimits, CallRate } from "./http/call_rate.ts";
import { MCP_LIMITS } from "./mcp/limits.ts";
import { questionRoute } from "./query/routes.ts";
import { toolRoutes } from "./mcp/routes.ts";
import { Toolbox } from "./mcp/toolbox.ts";
import type { InstrumentSource } from "./meta/instrument_source.ts";
import type { RegistrySource } from "./meta/registry_source.ts";
import type { MarketData } from "./state/market_data.ts";
import type { FeedCapture } from "./bus/capture_reports.ts";
import type { ReadFeedInfo } from "./rest/feed_info.ts";
import type { Route } from "./http/route.ts";
import { Router } from "./http/router.ts";
import type { RouteAudit } from "./http/route_audit.ts";
import { auditRoutes } from "./rest/routes/audit.ts";
import { gapRoute } from "./rest/routes/gaps.ts";
import { historyRoutes } from "./rest/routes/history.ts";
import { indexRoutes } from "./rest/routes/index.ts";
import { enrichedRoute } from "./rest/routes/enriched.ts";
import { marketRoutes } from "./rest/routes/markets.ts";
import { metaRoutes } from "./rest/routes/meta.ts";
import { pageRoutes } from "./rest/routes/page.ts";
import { seriesRoutes } from "./rest/routes/series.ts";
import { secmasterRoutes } from "./rest/routes/secmaster.ts";
import { transformRoutes } from "./rest/routes/transforms.ts";
import { serviceRoutes } from "./rest/routes/service.ts";
import { usageRoutes } from "./rest/routes/usage.ts";
import { signInRoutes } from "./rest/routes/sign_in.ts";
import type { McpServing } from "./mcp/mcp_http.ts";

/** Options of {@linkcode openRest}. */
interface RestOptions {
  env: string;
  version: string;
  data: MarketData;
  history: History;
  /** Source of archived records; undefined = memory only. */
  archive: ArchiveSource | undefined;
  /** Feeds, schemas and environments; undefined = unknown. */
  registry: RegistrySource | undefined;
  /** The security master. */
  instruments: InstrumentSource;
  authenticator: Authenticator;
  logger: Logger;
  metrics: Metrics;
  /** Reads feed info from the registry. */
  feedInfo: ReadFeedInfo;
  /** Health of the whole process. */
  health: Health;
  /** Called before metrics are rendered. */
  refreshMetrics: () => void;
  /** Returns the reports of a feed's connectors. */
  captureOf: (feed: string) => Promise<FeedCapture>;
  /** Values shown on the page. */
  info: { env: string; version: string; feeds: string[] } & Record<string, unknown>;
  /** Options of the feedback store and the issue tracker. */
  feedback: FeedbackOptions;
  /** Audit log, for its routes; undefined = none. */
  audit: AuditQueue | undefined;
  /** Audits calls of routes. */
  routeAudit: RouteAudit;
  /** Start of the gateway. */
  startedMs: number;
  /** Limits of tools; default MCP_LIMITS. */
  toolLimits?: Partial<CallLimits>;
  /** Creates the server for MCP clients; undefined = one with the gateway's tools. */
  mcpServer: McpServing | undefined;
  /** Runs customers' transforms. */
  transforms: TransformsClient;
  /** Further routes, such as the administration's. */
  more?: readonly Route[];
}

/** All routes of a gateway. */
export interface OpenRest {
  router: Router;
  routes: readonly Route[];
  /** Stops background work. */
  close(): Promise<void>;
}

/** Creates the routes. Throws StorageError when feedback cannot be stored. */
export function openRest(options: RestOptions): OpenRest {
  const { routeAudit: audit } = options;
  const rate = new CallRate({ ...MCP_LIMITS, ...options.toolLimits });
  const askAs = (access: Access, program?: string) => askRouter({ router, audit }, access, program);
  const toolbox = new Toolbox({ ...options, askAs, rate });
  const feedback = openFeedback(options.feedback, { ...options, rate, askAs });
  const routes = restRoutes(
    { ...options, more: [questionRoute(askAs), ...feedback.routes, ...options.more ?? []] },
    toolbox,
  );
  const router: Router = new Router(routes);
  return { router, routes, close: () => feedback.close() };
}

/** Returns all routes. */
function restRoutes(options: RestOptions, toolbox: Toolbox): Route[] {
  const { env, version, data, history, archive, authenticator, feedInfo } = options;
  const { mode } = authenticator;
  const reader = new HistoryReader(history, archive);
  const { transforms } = options;
  const series = { data, reader, candles: new CandleReader(history, reader), transforms };
  const gaps = { data, history, archive };
  const routes = [
    ...marketRoutes({
      ...{ data, feedInfo, captureOf: options.captureOf },
      gapsRecent: (feed, symbol) => {
        const known = data.feeds.get(feed);
        return known === undefined ? 0 : history.gaps(known, symbol).length;
      },
    }),
    enrichedRoute({ data }),
    ...historyRoutes(series),
    ...seriesRoutes(series),
    ...transformRoutes(transforms),
    gapRoute(gaps, { path: "/v1/gaps", id: "listGaps", tag: "History" }),
    ...metaRoutes({ env, data, archive, registry: options.registry }),
    gapRoute(gaps, { path: "/v1/meta/gaps", id: "listArchivedGaps", tag: "Metadata" }),
    ...secmasterRoutes(options.instruments),
    ...serviceRoutes(options),
    ...signInRoutes(authenticator),
    ...auditRoutes(options.audit),
    ...usageRoutes(authenticator),
    ...toolRoutes({ ...options, toolbox, mode }),
    ...(options.more ?? []),
  ];
  return [
    ...indexRoutes({ env, version, mode, routes }),
    ...routes,
    ...pageRoutes(),
  ];
}
