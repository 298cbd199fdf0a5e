/** OpenTelemetry trace receiver on loopback, OTLP over HTTP in JSON. */
export interface OtlpReceiver extends AsyncDisposable {
  /** Environment variables that make a program send its traces here. */
  readonly variables: Readonly<Record<string, string>>;
  /** `http://127.0.0.1:4318` */
  readonly url: string;
  /** Traces received so far. */
  readonly spans: ReceivedSpan[];
}

/** A span as a test reads it. */
export interface ReceivedSpan {
  /** `ssmd-up` */
  service: string;
  /** `GET` */
  name: string;
  traceId: string;
  parentSpanId: string;
  attributes: Readonly<Record<string, string>>;
}

/** The parsed part of a trace export. */
interface TracesRequest {
  resourceSpans?: readonly {
    resource: { attributes: readonly Attribute[] };
    scopeSpans: readonly { spans: readonly Span[] }[];
  }[];
}

interface Span extends Pick<ReceivedSpan, "name" | "traceId" | "parentSpanId"> {
  attributes: readonly Attribute[];
}

interface Attribute {
  key: string;
  value: Readonly<Record<string, unknown>>;
}

/** Starts a receiver. */
export function startOtlpReceiver(): OtlpReceiver {
  const spans: ReceivedSpan[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const body = await request.json();
      if (new URL(request.url).pathname === "/v1/traces") spans.push(...spansIn(body));
      return Response.json({});
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  return {
    spans,
    url,
    variables: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function spansIn({ resourceSpans = [] }: TracesRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = valuesOf(resource.attributes)["service.name"] ?? "";
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, traceId, parentSpanId, attributes }) => ({
        ...{ service, name, traceId, parentSpanId },
        attributes: valuesOf(attributes),
      }))
    );
  });
}

function valuesOf(attributes: readonly Attribute[]): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]),
  );
}
