import type { Metrics } from "@ssmd/runtime";
import { json, type Reply } from "../reply.ts";
import { type Route, route } from "../route.ts";
import { HEALTH, INFO, READINESS } from "../schemas/service.ts";

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
  info: { env: string; version: string; feeds: string[] } & Record<string, unknown>;
}

/** Health, readiness, metrics and what runs here. */
export function serviceRoutes(state: ServiceState): Route[] {
  return [healthRoute(state), readyRoute(state), metricsRoute(state), infoRoute(state)];
}

function healthRoute({ version, startedMs }: ServiceState): Route {
  return route({
    path: "/health",
    id: "getHealth",
    tag: "Service",
    role: "public",
    summary: "Whether the process lives",
    description: "Where keys are asked for, only who shows one is told the version.",
    answers: { 200: { schema: HEALTH, example: { status: "ok", version: "0.1.0", uptime_s: 12 } } },
    handler: ({ access }) => {
      if (access.role === "public") return unstored(json({ status: "ok" }));
      const uptime = Math.round((Date.now() - startedMs) / 1000);
      return unstored(json({ status: "ok", version, uptime_s: uptime }));
    },
  });
}

function readyRoute({ unreadyReasons }: ServiceState): Route {
  return route({
    path: "/health/ready",
    id: "getReadiness",
    tag: "Service",
    role: "public",
    summary: "Whether it serves",
    answers: {
      200: { schema: READINESS, example: { ready: true, reasons: [] } },
      503: {
        schema: READINESS,
        example: { ready: false, reasons: ["the bus is away"] },
        description: "Not now",
      },
    },
    handler: ({ access }) => {
      const reasons = unreadyReasons();
      const ready = reasons.length === 0;
      const told = access.role === "public" ? {} : { reasons };
      return unstored(json({ ready, ...told }, ready ? 200 : 503));
    },
  });
}

function metricsRoute({ metrics, refreshMetrics }: ServiceState): Route {
  const contentType = metrics.registry.contentType;
  return route({
    path: "/metrics",
    id: "getMetrics",
    tag: "Service",
    role: "metrics",
    summary: "Metrics in the text format of Prometheus",
    answers: { 200: { contentType: "text/plain" } },
    handler: async () => {
      refreshMetrics();
      const body = await metrics.text();
      return unstored({ status: 200, headers: { "content-type": contentType }, body });
    },
  });
}

function infoRoute({ info }: ServiceState): Route {
  return route({
    path: "/v1/info",
    id: "getInfo",
    tag: "Service",
    summary: "What runs here",
    answers: {
      200: { schema: INFO, example: { env: "demo", version: "0.1.0", feeds: ["kraken"] } },
    },
    handler: ({ access }) => {
      const feeds = info.feeds.filter((feed) => access.feed(feed));
      return json({ ...info, feeds });
    },
  });
}

/** An answer that is worth nothing a moment later. */
function unstored(reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, "cache-control": "no-store" } };
}
