import { type Environment, shardsOfFeed } from "@ssmd/metadata";
import type { Health } from "@ssmd/runtime";
import type { Authenticator } from "./access/authenticator.ts";
import { ConnectedClients } from "./admin/connected_clients.ts";
import { clientRoutes } from "./admin/client_routes.ts";
import { environmentRoutes } from "./admin/environment_routes.ts";
import { logRoutes } from "./admin/log_routes.ts";
import { sqlRoute } from "./admin/sql_route.ts";
import { CaptureReports } from "./bus/capture_reports.ts";
import { agentsClient, jobsClient, signalsClient } from "./bus/service_clients.ts";
import type { TransformsClient } from "./bus/transforms_client.ts";
import type { GatewayOptions, GatewaySources } from "./gateway_options.ts";
import type { History } from "./history/history.ts";
import type { RecentFires } from "./history/recent_fires.ts";
import { StoredArchive } from "./history/stored_archive.ts";
import type { Route } from "./http/route.ts";
import type { RouteAudit } from "./http/route_audit.ts";
import type { InstrumentSource } from "./meta/instrument_source.ts";
import { protocolRoutes } from "./protocol/routes.ts";
import { type OpenRest, openRest } from "./rest.ts";
import { agentRoutes } from "./rest/routes/agents.ts";
import { dayRoutes } from "./rest/routes/days.ts";
import { jobRoutes } from "./rest/routes/jobs.ts";
import { signalRoutes } from "./rest/routes/signals.ts";
import type { MarketData, MarketSpec } from "./state/market_data.ts";
import type { Hub } from "./stream/hub.ts";
import type { StreamServer } from "./stream/server.ts";

/** Parts of a gateway that its routes read and change. */
interface RestParts extends GatewaySources {
  data: MarketData;
  hub: Hub;
  streams: StreamServer;
  instruments: InstrumentSource;
  history: History;
  fires: RecentFires;
  transforms: TransformsClient;
  authenticator: Authenticator;
  routeAudit: RouteAudit;
  health: Health;
  /** Start of the gateway. */
  startedMs: number;
  /** Returns the current environment; undefined = none. */
  environment: () => Environment | undefined;
  /** Called before metrics are rendered. */
  refreshMetrics: () => void;
}

/** Creates the routes of a gateway. Throws StorageError when feedback cannot be stored. */
export function openGatewayRest(options: GatewayOptions, parts: RestParts): OpenRest {
  const { env, version, transport, logger, metrics, audit, storage } = options;
  const reports = new CaptureReports({
    ...{ env, transport, logger },
    shardsOf: (feed) => {
      const environment = parts.environment();
      return environment === undefined ? [] : shardsOfFeed(environment, feed);
    },
  });
  const archive = storage && new StoredArchive(storage, env);
  return openRest({
    ...parts,
    ...{ env, version, logger, metrics, audit, archive },
    toolLimits: options.toolLimits ?? {},
    mcpServer: options.mcpServer,
    captureOf: (feed) => reports.of(feed),
    feedback: options.feedback ?? {},
    info: { env, version, feeds: [...options.feeds], ...options.info },
    more: moreRoutes(options, parts, archive),
  });
}

function moreRoutes(
  options: GatewayOptions,
  { data, hub, streams, instruments, fires }: RestParts,
  archive: StoredArchive | undefined,
): Route[] {
  const { env, version, transport, cache, storage } = options;
  const client = signalsClient(transport, env);
  return [
    ...protocolRoutes(version),
    ...agentRoutes(agentsClient(transport, env)),
    ...signalRoutes({ client, fires, data, archive }),
    ...dayRoutes({ data, cache }),
    ...jobRoutes(jobsClient(transport, env)),
    ...clientRoutes(new ConnectedClients(streams, hub, data)),
    ...logRoutes(),
    ...applyRoutes(options, data),
    ...(storage === undefined ? [] : [sqlRoute({ storage, env, instruments })]),
  ];
}

function applyRoutes({ environment, registryDir, transport }: GatewayOptions, data: MarketData) {
  if (environment === undefined || registryDir === undefined) return [];
  const addMarkets = (markets: readonly MarketSpec[]) => data.add([], markets);
  return environmentRoutes({ environment, registryDir, transport, addMarkets });
}
