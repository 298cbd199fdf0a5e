/** What a route answers. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** A JSON answer. */
export function json(value: unknown, status = 200): Reply {
  return rawJson(JSON.stringify(value), status);
}

/** An answer that is JSON text already. */
export function rawJson(body: string, status = 200): Reply {
  return { status, headers: { "content-type": "application/json" }, body };
}

/** An answer without content. */
export function empty(): Reply {
  return { status: 204, headers: {}, body: "" };
}
