import {
  type Health,
  livenessReasons,
  type Metrics,
  METRICS_CONTENT_TYPE,
  readinessReport,
} from "@ssmd/runtime";
import type { Access } from "../../access/access.ts";
import { mayActAs } from "../../access/role.ts";
import { json, uncached } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import { HEALTH, INFO, READINESS } from "../schemas/service.ts";

/** Data of the service routes. */
interface ServiceState {
  version: string;
  startedMs: number;
  metrics: Metrics;
  /** Health of the whole process. */
  health: Health;
  /** Called before metrics are rendered. */
  refreshMetrics: () => void;
  /** Values shown on the page. */
  info: { env: string; version: string; feeds: string[] } & Record<string, unknown>;
}

/** Returns the routes of health, readiness, metrics and info. */
export function serviceRoutes(state: ServiceState): Route[] {
  return [healthRoute(state), readyRoute(state), metricsRoute(state), infoRoute(state)];
}

function healthRoute({ version, startedMs, health }: ServiceState): Route {
  return route({
    path: "/health",
    id: "getHealth",
    tag: "Service",
    role: "public",
    isProbe: true,
    summary: "Checks that the process is alive and makes progress",
    description:
      "If keys are required, only callers with a key get version and reasons, of feeds that they see.",
    answers: {
      200: { schema: HEALTH, example: { status: "ok", version: "0.1.0", uptime_s: 12 } },
      503: {
        schema: HEALTH,
        example: { status: "failing", reasons: ["connector kraken: no line was written for 60 s"] },
        description: "Work hangs: restart the process",
      },
    },
    handler: ({ access }) => {
      const alive = livenessReasons(health).length === 0;
      const status = alive ? "ok" : "failing";
      const code = alive ? 200 : 503;
      if (access.role === "public") return uncached(json({ status }, code));
      const uptime_s = Math.round((Date.now() - startedMs) / 1000);
      const reasons = livenessReasons(health, feedsOf(access));
      return uncached(json({ status, version, uptime_s, ...(alive ? {} : { reasons }) }, code));
    },
  });
}

/** Returns which feeds a caller's reasons may name; those who read metrics see them there anyway. */
function feedsOf(access: Access): (feed: string) => boolean {
  return (feed) => mayActAs(access.role, "metrics") || access.seesFeed(feed);
}

function readyRoute({ health }: ServiceState): Route {
  return route({
    path: "/health/ready",
    id: "getReadiness",
    tag: "Service",
    role: "public",
    isProbe: true,
    summary: "Checks that all parts of this process work",
    description:
      "If keys are required, only callers with a key get the reasons, of feeds that they see.",
    answers: {
      200: { schema: READINESS, example: { ready: true, reasons: [], conditions: [] } },
      503: { schema: READINESS, example: UNREADY, description: "Not ready" },
    },
    handler: ({ access }) => {
      const { ready, ...why } = readinessReport(health, feedsOf(access));
      const details = access.role === "public" ? {} : why;
      return uncached(json({ ready, ...details }, ready ? 200 : 503));
    },
  });
}

const UNREADY = {
  ready: false,
  reasons: ["connector kraken: not connected to the venue (since 2026-11-28T10:00:00.000000Z)"],
  conditions: [{
    component: "connector",
    feed: "kraken",
    condition: "venue",
    reason: "not connected to the venue",
    since: 1_795_860_000_000,
  }],
};

function metricsRoute({ metrics, refreshMetrics }: ServiceState): Route {
  return route({
    path: "/metrics",
    id: "getMetrics",
    tag: "Service",
    role: "metrics",
    summary: "Shows metrics in the text format of Prometheus",
    answers: { 200: { contentType: "text/plain" } },
    handler: () => {
      refreshMetrics();
      const headers = { "content-type": METRICS_CONTENT_TYPE };
      return uncached({ status: 200, headers, body: metrics.text() });
    },
  });
}

function infoRoute({ info }: ServiceState): Route {
  return route({
    path: "/v1/info",
    id: "getInfo",
    tag: "Service",
    summary: "Shows what runs here",
    answers: {
      200: { schema: INFO, example: { env: "demo", version: "0.1.0", feeds: ["kraken"] } },
    },
    handler: ({ access }) => {
      const feeds = info.feeds.filter((feed) => access.seesFeed(feed));
      return json({ ...info, feeds });
    },
  });
}
