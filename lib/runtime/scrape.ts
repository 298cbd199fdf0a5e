import { SsmdError, systemCodeOf } from "./errors.ts";
import type { Metrics } from "./metrics.ts";

/** A small HTTP server for `/metrics` and `/health`. */
export interface ScrapeServer {
  /** Where it listens. */
  port: number;
  /** Answers what is under way and stops. */
  close(): Promise<void>;
}

/**
 * Serves metrics and health of a component that has no HTTP of its own. `ready` says what is
 * missing, or nothing. Throws SsmdError `PORT_IN_USE`.
 */
export function serveMetrics(
  options: { host: string; port: number; metrics: Metrics; ready: () => string | undefined },
): ScrapeServer {
  const { host, port, metrics, ready } = options;
  try {
    const server = Deno.serve({ hostname: host, port, onListen: () => {} }, async (request) => {
      const path = new URL(request.url).pathname;
      if (path === "/metrics") {
        return new Response(await metrics.text(), {
          headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
        });
      }
      if (path !== "/health" && path !== "/health/ready") {
        return Response.json({
          error: "not found",
          paths: ["/metrics", "/health", "/health/ready"],
        }, {
          status: 404,
        });
      }
      const missing = path === "/health" ? undefined : ready();
      return Response.json({ status: missing ?? "ok" }, { status: missing ? 503 : 200 });
    });
    return { port: server.addr.port, close: () => server.shutdown() };
  } catch (cause) {
    if (systemCodeOf(cause) !== "EADDRINUSE") throw cause;
    throw new SsmdError("PORT_IN_USE", `port ${port} on ${host} is in use`, {
      hint: "choose another with --metrics-port (0 = any free one)",
      cause,
    });
  }
}
