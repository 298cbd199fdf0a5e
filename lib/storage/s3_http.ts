/** A request built by the SDK. */
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

/** The SDK's transport. */
export interface HttpHandler {
  metadata: { handlerProtocol: string };
  /** Sends a request; resolves when the whole response has arrived. */
  handle(request: HttpRequest, options?: HandlerOptions): Promise<{ response: HttpAnswer }>;
  /** Closes all connections. */
  destroy(): void;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): Record<never, never>;
}

/** Response time limits. */
interface HttpLimits {
  /** For a request and its whole response. */
  requestMsMax: number;
  /** For the start of a response and between chunks of its body; sending adds its own time. */
  answerMsMax: number;
}

/** Assumed minimum upload speed: extends the response limit by the request's size. */
const SENT_BYTES_PER_MS_MIN = 200;

/**
 * Sends the SDK's requests with `fetch`. A response counts once its whole body has arrived within
 * the limits: a stalled or truncated body is a failed request, never a short object. `destroy`
 * aborts pending requests.
 */
export function fetchHandler(limits: HttpLimits): HttpHandler {
  const connections = Deno.createHttpClient({});
  const ending = new AbortController();
  let ended = false;

  async function handle(request: HttpRequest, options?: HandlerOptions) {
    const { signal, moved, release } = limitedSignal(limits, request.body, [
      ending.signal,
      options?.abortSignal,
    ]);
    try {
      const response = await fetch(urlOf(request), {
        method: request.method,
        headers: headersOf(request),
        body: bodyOf(request),
        redirect: "manual",
        client: connections,
        signal,
      });
      const body = await bodyBytes(response, moved);
      if (response.status === 404 && request.method !== "HEAD") await assertFromS3(body);
      return {
        response: {
          statusCode: response.status,
          reason: response.statusText,
          headers: Object.fromEntries(response.headers),
          body: new Blob(body).stream(),
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
      ending.abort(new DOMException("the storage was closed", "AbortError"));
      if (!ended) connections.close();
      ended = true;
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
}

/** A proxy that has lost its server says 404 too: S3 names what is missing. */
async function assertFromS3(body: Uint8Array<ArrayBuffer>[]): Promise<void> {
  if ((await new Blob(body).text()).includes("<Code>")) return;
  throw new Error("a 404 that is no S3 server's");
}

async function bodyBytes(response: Response, moved: () => void) {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of response.body ?? []) {
    pieces.push(piece);
    moved();
  }
  return pieces;
}

/** Aborts at a limit or with one of `others`; `release` removes timers and listeners. */
function limitedSignal(
  { requestMsMax, answerMsMax }: HttpLimits,
  sent: BodyInit | undefined,
  others: readonly unknown[],
) {
  const controller = new AbortController();
  const late = (ms: number, what: string) =>
    setTimeout(
      () => controller.abort(new DOMException(`${what} within ${ms} ms`, "TimeoutError")),
      ms,
    );
  const whole = late(requestMsMax, "no whole answer");
  const sendMs = sent instanceof Uint8Array ? sent.length / SENT_BYTES_PER_MS_MIN : 0;
  const firstMs = Math.min(requestMsMax, Math.round(answerMsMax + sendMs));
  let quiet = late(firstMs, "no answer");
  const released: (() => void)[] = [];
  for (const other of others) {
    if (!(other instanceof AbortSignal)) continue;
    const abort = () => controller.abort(other.reason);
    if (other.aborted) abort();
    other.addEventListener("abort", abort);
    released.push(() => other.removeEventListener("abort", abort));
  }
  return {
    signal: controller.signal,
    /** A chunk of the response arrived. */
    moved: () => {
      clearTimeout(quiet);
      quiet = late(answerMsMax, "no more of the answer");
    },
    release: () => {
      clearTimeout(whole);
      clearTimeout(quiet);
      for (const release of released) release();
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

/** Escapes as the signature does. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function headersOf({ headers }: HttpRequest): Headers {
  const sent = new Headers(headers);
  // fetch sets the length itself; request objects unencoded, as they are stored.
  sent.delete("content-length");
  sent.set("accept-encoding", "identity");
  return sent;
}

function bodyOf({ method, body }: HttpRequest): BodyInit | null {
  if (method === "GET" || method === "HEAD" || body === undefined) return null;
  return body;
}
