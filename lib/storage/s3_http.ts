/** A request as the SDK builds it. */
interface HttpRequest {
  method: string;
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query: Record<string, string | string[] | null>;
  headers: Record<string, string>;
  body?: BodyInit;
}

interface HttpAnswer {
  statusCode: number;
  reason: string;
  headers: Record<string, string>;
  body: ReadableStream<Uint8Array>;
}

interface HandlerOptions {
  abortSignal?: unknown;
}

/** What the SDK sends its requests with. */
export interface HttpHandler {
  metadata: { handlerProtocol: string };
  /** Sends a request; resolves when all of the answer is there. */
  handle(request: HttpRequest, options?: HandlerOptions): Promise<{ response: HttpAnswer }>;
  /** Ends all connections. */
  destroy(): void;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<never, never>;
}

/**
 * Sends the SDK's requests with `fetch`. An answer counts when all of its body is there, within
 * `requestMsMax` of the request's start: a stalled or cut body is a failed request, never a short
 * object.
 */
export function fetchHandler(requestMsMax: number): HttpHandler {
  const connections = Deno.createHttpClient({});
  let ended = false;

  async function handle(request: HttpRequest, options?: HandlerOptions) {
    const { signal, release } = limitedSignal(requestMsMax, options?.abortSignal);
    try {
      const response = await fetch(urlOf(request), {
        method: request.method,
        headers: headersOf(request),
        body: bodyOf(request),
        redirect: "manual",
        client: connections,
        signal,
      });
      const body = new Uint8Array(await response.arrayBuffer());
      return {
        response: {
          statusCode: response.status,
          reason: response.statusText,
          headers: Object.fromEntries(response.headers),
          body: new Blob([body]).stream(),
        },
      };
    } finally {
      release();
    }
  }

  return {
    metadata: { handlerProtocol: "http/1.1" },
    handle,
    destroy: () => {
      if (!ended) connections.close();
      ended = true;
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
}

/** Aborts after the time or with `outer`; `release` lets go of both. */
function limitedSignal(ms: number, outer: unknown) {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new DOMException(`no whole answer within ${ms} ms`, "TimeoutError"));
  }, ms);
  const signal = outer instanceof AbortSignal ? outer : undefined;
  const abort = () => controller.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    },
  };
}

function urlOf({ protocol, hostname, port, path, query }: HttpRequest): string {
  const fields: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      fields.push(`${escaped(name)}=${each === null ? "" : escaped(String(each))}`);
    }
  }
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  return `${protocol}//${host}${path}${fields.length === 0 ? "" : `?${fields.join("&")}`}`;
}

/** As the signature has it. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function headersOf({ headers }: HttpRequest): Headers {
  const sent = new Headers(headers);
  // fetch counts the body itself; what is stored is asked for as it is, never packed on the way.
  sent.delete("content-length");
  sent.set("accept-encoding", "identity");
  return sent;
}

function bodyOf({ method, body }: HttpRequest): BodyInit | null {
  if (method === "GET" || method === "HEAD" || body === undefined) return null;
  return body;
}
