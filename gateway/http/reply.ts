/** Type of a reply's JSON, at compile time only. */
declare const JSON_TYPE: unique symbol;

/** An HTTP answer; `T` is the type of its JSON, if any. */
export interface Reply<T = unknown> {
  status: number;
  headers: Record<string, string>;
  /** A stream is sent chunk by chunk, and cancelled when the client disconnects. */
  body: string | Uint8Array | ReadableStream<Uint8Array>;
  /** The client that signed in with this request, for the audit log. */
  signedIn?: string;
  readonly [JSON_TYPE]?: T;
}

/** Headers of a JSON answer. */
export const JSON_HEADERS = { "content-type": "application/json" } as const;

/** Returns a JSON answer. */
export function json<T>(value: T, status = 200): Reply<T> {
  return rawJson(JSON.stringify(value), status);
}

/** Returns an answer with serialized JSON; `T` is declared by the caller. */
export function rawJson<T>(body: string, status = 200): Reply<T> {
  return { status, headers: { ...JSON_HEADERS }, body };
}

/** Returns the same answer with `no-store`. */
export function uncached<T>(reply: Reply<T>, headers: Record<string, string> = {}): Reply<T> {
  return { ...reply, headers: { ...reply.headers, ...headers, "cache-control": "no-store" } };
}

/** Returns an answer without content. */
export function empty(): Reply<never> {
  return { status: 204, headers: {}, body: "" };
}
