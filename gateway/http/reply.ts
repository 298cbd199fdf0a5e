/** Type of a reply's JSON, for the compiler only. */
declare const JSON_TYPE: unique symbol;

/** An HTTP answer; `T` is the type of its JSON, where it has any. */
export interface Reply<T = unknown> {
  status: number;
  headers: Record<string, string>;
  /** A stream is sent as it comes, and cancelled when the client leaves. */
  body: string | Uint8Array | ReadableStream<Uint8Array>;
  /** The client that the caller turned out to be, for the audit log. */
  signedIn?: string;
  readonly [JSON_TYPE]?: T;
}

/** Headers of a JSON answer. */
export const JSON_HEADERS = { "content-type": "application/json" } as const;

/** A JSON answer. */
export function json<T>(value: T, status = 200): Reply<T> {
  return rawJson(JSON.stringify(value), status);
}

/** An answer that is JSON text already; `T` is declared by the caller. */
export function rawJson<T>(body: string, status = 200): Reply<T> {
  return { status, headers: { ...JSON_HEADERS }, body };
}

/** The same answer, not to be kept by caches. */
export function uncached<T>(reply: Reply<T>, headers: Record<string, string> = {}): Reply<T> {
  return { ...reply, headers: { ...reply.headers, ...headers, "cache-control": "no-store" } };
}

/** An answer without content. */
export function empty(): Reply<never> {
  return { status: 204, headers: {}, body: "" };
}
