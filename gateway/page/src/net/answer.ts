/** Answer of the REST API: body, or the reason of the failure. */
export type Answer =
  | { ok: true; body: Record<string, unknown>; asOfMs: number | null }
  | { ok: false; status: number; detail: string };

/** What parts of the page use of the REST API; see `Rest`. */
export interface RestCalls {
  get(path: string): Promise<Answer>;
  post(path: string): Promise<Answer>;
}
