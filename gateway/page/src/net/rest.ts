/// <reference lib="dom" />
import type { Answer, RestCalls } from "./answer.ts";

/** Cache of the last answers, used while the gateway is away. */
const KEPT = "ssmd-last";

/** Client of the REST API; detects an ended sign-in and falls back to cached answers. */
export class Rest implements RestCalls {
  #keeps = false;
  /** Paths that were denied; not requested again, as each denial is audited. */
  #refused = new Set<string>();
  #waiting = new AbortController();
  /** Called when an answer requires authentication. */
  onSignedOut: () => void = () => {};

  /**
   * Whether answers may be cached in this browser. Not when authentication is required: they would
   * stay readable after sign-out.
   */
  set keeps(keeps: boolean) {
    this.#keeps = keeps;
    if (!keeps) void this.forget();
  }

  get keeps(): boolean {
    return this.#keeps;
  }

  /** Gets JSON. With `keep` falls back to a cached answer while the gateway is unreachable. */
  async get(path: string, { keep = false } = {}): Promise<Answer> {
    let response: Response;
    try {
      response = await fetch(path, { signal: this.#waiting.signal });
    } catch {
      return keep ? await this.#last(path) : away();
    }
    if (keep && this.#keeps && response.ok) {
      void this.#keep(path, response.clone()).catch(() => {});
    }
    return await this.#read(response);
  }

  /** Gets text; undefined = not available to this caller. */
  async text(path: string): Promise<string | undefined> {
    if (this.#refused.has(path)) return undefined;
    try {
      const response = await fetch(path, { signal: this.#waiting.signal });
      if (response.status === 403) this.#refused.add(path);
      return response.ok ? await response.text() : undefined;
    } catch {
      return undefined;
    }
  }

  /** Gets the body of a probe, also for an error status; undefined = the gateway is away. */
  async probe(path: string): Promise<Record<string, unknown> | undefined> {
    try {
      return await (await fetch(path, { signal: this.#waiting.signal })).json();
    } catch {
      return undefined;
    }
  }

  /** Ends requests that wait: on dead connections they would keep later ones from being sent. */
  endWaiting(): void {
    this.#waiting.abort();
    this.#waiting = new AbortController();
  }

  /** Resets what was denied, for another user. */
  restart(): void {
    this.#refused.clear();
  }

  /** Posts headers and an optional JSON body. */
  async post(path: string, headers: Record<string, string> = {}, body?: object): Promise<Answer> {
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const type = body === undefined ? {} : { "content-type": "application/json" };
    try {
      const all = { ...headers, ...type };
      return await this.#read(await fetch(path, { method: "POST", headers: all, ...json }), false);
    } catch {
      return away();
    }
  }

  /** Deletes the cached answers. */
  async forget(): Promise<void> {
    if ("caches" in globalThis) await caches.delete(KEPT).catch(() => false);
  }

  async #read(response: Response, watchSignIn = true): Promise<Answer> {
    if (response.status === 401 && watchSignIn) this.onSignedOut();
    const text = await response.text().catch(() => undefined);
    // An answer that broke off is none.
    if (text === undefined) return away();
    const body = bodyOf(text);
    if (response.ok) return { ok: true, body, asOfMs: null };
    const hint = body["hint"] === undefined ? "" : `. ${body["hint"]}`;
    return { ok: false, status: response.status, detail: `${body["detail"] ?? "refused"}${hint}` };
  }

  async #keep(path: string, response: Response): Promise<void> {
    if (!("caches" in globalThis)) return;
    const headers = { "content-type": "application/json", "x-kept-at": String(Date.now()) };
    const kept = new Response(await response.blob(), { headers });
    await (await caches.open(KEPT)).put(path, kept).catch(() => {});
  }

  async #last(path: string): Promise<Answer> {
    if (!("caches" in globalThis)) return away();
    const kept = await caches.match(path, { cacheName: KEPT }).catch(() => undefined);
    if (kept === undefined) return away();
    return { ok: true, body: await kept.json(), asOfMs: Number(kept.headers.get("x-kept-at")) };
  }
}

/** Body as JSON; empty where it is none, as of a proxy's page. */
function bodyOf(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function away(): Answer {
  return { ok: false, status: 0, detail: "the gateway does not answer" };
}
