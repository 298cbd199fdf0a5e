import { METRICS_CONTENT_TYPE } from "./metric_registry.ts";
import { SsmdError, systemCodeOf } from "./errors.ts";
import { type Health, livenessReasons, readinessReport } from "./health.ts";
import type { Metrics } from "./metrics.ts";

/** An HTTP server for `/metrics` and `/health`. */
interface ScrapeServer {
  /** Listening port. */
  port: number;
  /** Finishes pending requests and stops. */
  close(): Promise<void>;
}

/**
 * Serves metrics and health of a component without HTTP of its own, in the gateway's format. Throws
 * SsmdError `PORT_IN_USE`.
 */
export function serveMetrics(
  options: { host: string; port: number; metrics: Metrics; health: Health },
): ScrapeServer {
  const { host, port, metrics, health } = options;
  try {
    const server = Deno.serve({ hostname: host, port, onListen: () => {} }, (request) => {
      const path = new URL(request.url).pathname;
      if (path === "/metrics") {
        return new Response(metrics.text(), {
          headers: { "content-type": METRICS_CONTENT_TYPE },
        });
      }
      if (path === "/health") {
        const reasons = livenessReasons(health);
        const alive = reasons.length === 0;
        return Response.json(
          alive ? { status: "ok" } : { status: "failing", reasons },
          { status: alive ? 200 : 503 },
        );
      }
      if (path === "/health/ready") {
        const report = readinessReport(health);
        return Response.json(report, { status: report.ready ? 200 : 503 });
      }
      return Response.json(
        { error: "not found", paths: ["/metrics", "/health", "/health/ready"] },
        { status: 404 },
      );
    });
    return { port: server.addr.port, close: () => server.shutdown() };
  } catch (cause) {
    if (systemCodeOf(cause) !== "EADDRINUSE") throw cause;
    throw new SsmdError("PORT_IN_USE", `Port ${port} on ${host} is in use`, {
      hint: "Choose another with --metrics-port (0 = any free one)",
      cause,
    });
  }
}
