/** What a route answers. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array;
}

/** Headers of a JSON answer. */
export const JSON_HEADERS = { "content-type": "application/json" } as const;

/** A JSON answer. */
export function json(value: unknown, status = 200): Reply {
  return rawJson(JSON.stringify(value), status);
}

/** An answer that is JSON text already. */
export function rawJson(body: string, status = 200): Reply {
  return { status, headers: { ...JSON_HEADERS }, body };
}

/** An answer without content. */
export function empty(): Reply {
  return { status: 204, headers: {}, body: "" };
}
