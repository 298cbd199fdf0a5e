import { messageOf } from "./errors.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/**
 * Keeps the process alive when an error escapes every other handler: logs it with its stack, counts
 * it (`uncaught_errors_total`) and continues. For services open to strangers, where one request
 * must not stop serving or capturing for all others. Returns a function that removes the handler.
 */
export function surviveUncaughtErrors(logger: Logger, metrics: Metrics): () => void {
  const count = metrics.counter("uncaught_errors_total", "Errors that no handler caught.", {
    kind: ["error", "rejection"],
  });
  const report = (kind: "error" | "rejection", cause: unknown) => {
    count.inc({ kind });
    const stack = cause instanceof Error ? cause.stack : undefined;
    logger.error("an error was not caught; the service continues", {
      kind,
      error: messageOf(cause),
      ...(stack === undefined ? {} : { stack }),
    });
  };
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    report("error", event.error ?? event.message);
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    report("rejection", event.reason);
  };
  globalThis.addEventListener("error", onError);
  globalThis.addEventListener("unhandledrejection", onRejection);
  return () => {
    globalThis.removeEventListener("error", onError);
    globalThis.removeEventListener("unhandledrejection", onRejection);
  };
}
