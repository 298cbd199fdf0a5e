/** Identity of a trace span, as in the `traceparent` header. */
interface TraceIds {
  /** 32 hexadecimal digits. */
  trace_id: string;
  /** 16 hexadecimal digits. */
  span_id: string;
}

/** Key of the span in an OpenTelemetry context. */
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

/** The part of a context that is read; Deno does not type it. */
interface Context {
  getValue(key: symbol): { spanContext(): { traceId: string; spanId: string } } | undefined;
}

/**
 * Returns the ids of the active span, such as that of a request being handled; undefined outside a
 * span, and always without `OTEL_DENO=true`.
 */
export function traceIds(): TraceIds | undefined {
  const context: Context | undefined = Deno.telemetry.contextManager.active();
  const span = context?.getValue(SPAN)?.spanContext();
  return span === undefined ? undefined : { trace_id: span.traceId, span_id: span.spanId };
}
