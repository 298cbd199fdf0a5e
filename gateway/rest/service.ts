import type { Metrics } from "@ssmd/runtime";
import { openApi } from "./openapi.ts";
import { checkQuery } from "./problem.ts";
import { json, type Reply, type RouteRequest } from "./reply.ts";
import type { Route } from "./router.ts";

/** What the service routes tell about. */
export interface ServiceState {
  version: string;
  startedMs: number;
  metrics: Metrics;
  /** What keeps the gateway from serving; empty = ready. */
  unreadyReasons: () => string[];
  /** Called before metrics are read. */
  refreshMetrics: () => void;
  /** What the page is told of its surroundings. */
  info: Record<string, unknown>;
}

/** Health, metrics and description. */
export function serviceRoutes(state: ServiceState): Route[] {
  const health = () => ({
    status: "ok",
    version: state.version,
    uptime_s: Math.round((Date.now() - state.startedMs) / 1000),
  });
  return [
    { path: "/health", handler: plain(() => json(health())) },
    { path: "/health/ready", handler: plain(() => ready(state)) },
    { path: "/metrics", handler: plain(() => metrics(state)) },
    { path: "/openapi.json", handler: plain(() => json(openApi(state.version))) },
    { path: "/v1/info", handler: plain(() => json(state.info)) },
  ];
}

function plain(answer: () => Reply | Promise<Reply>) {
  return ({ query }: RouteRequest) => {
    checkQuery(query, []);
    return answer();
  };
}

function ready(state: ServiceState): Reply {
  const reasons = state.unreadyReasons();
  return json({ ready: reasons.length === 0, reasons }, reasons.length === 0 ? 200 : 503);
}

async function metrics(state: ServiceState): Promise<Reply> {
  state.refreshMetrics();
  const body = await state.metrics.text();
  return { status: 200, headers: { "content-type": state.metrics.registry.contentType }, body };
}
