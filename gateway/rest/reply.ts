/** What a route answers. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** One request, taken apart. */
export interface RouteRequest {
  /** Named parts of the path, percent-decoded. */
  params: Record<string, string>;
  query: URLSearchParams;
  headers: Record<string, string | string[] | undefined>;
}

/** Answers a request. Throws {@linkcode Problem} for what cannot be answered. */
export type Handler = (request: RouteRequest) => Reply | Promise<Reply>;

/** A JSON answer. */
export function json(value: unknown, status = 200): Reply {
  return rawJson(JSON.stringify(value), status);
}

/** An answer that is JSON text already. */
export function rawJson(body: string, status = 200): Reply {
  return { status, headers: { "content-type": "application/json" }, body };
}
