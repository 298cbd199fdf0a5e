/** Names of a span of a trace, as the header `traceparent` writes them. */
interface TraceIds {
  /** 32 hexadecimal digits. */
  trace_id: string;
  /** 16 hexadecimal digits. */
  span_id: string;
}

/** Under which OpenTelemetry's API keeps the span in a context. */
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

/** What is read of a context; Deno gives it without a type. */
interface Context {
  getValue(key: symbol): { spanContext(): { traceId: string; spanId: string } } | undefined;
}

/**
 * The span within which this is asked, as that of a request that is answered; undefined outside of
 * any, and always where traces were not asked for with `OTEL_DENO=true`.
 */
export function traceIds(): TraceIds | undefined {
  const context: Context | undefined = Deno.telemetry.contextManager.active();
  const span = context?.getValue(SPAN)?.spanContext();
  return span === undefined ? undefined : { trace_id: span.traceId, span_id: span.spanId };
}
