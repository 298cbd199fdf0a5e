import type { AskRest, Credentials, Venue } from "@ssmd/exchanges";
import { sleep, VenueError } from "@ssmd/runtime";

/** Options of {@linkcode askVenueRest}. */
interface VenueRestOptions {
  venue: Venue;
  /** Base URL of the REST API; a simulator's in tests. */
  url: string;
  /** Signs requests; absent = public data. */
  credentials?: Credentials;
  /** Most requests per second. */
  perSecond: number;
}

const ANSWER_MS_MAX = 20_000;
const TRIES_MAX = 6;
const PAUSE_MS_FIRST = 250;
const PAUSE_MS_MAX = 10_000;

/**
 * Returns a rate-limited REST client of a venue. It retries rate limits and server errors, after
 * the delay that the venue names. Rejects with VenueError `VENUE_REST_REFUSED` or
 * `VENUE_REST_UNAVAILABLE`.
 */
export function askVenueRest(options: VenueRestOptions): AskRest {
  const pauseMs = 1000 / options.perSecond;
  let freeAtMs = 0;
  return async (path) => {
    for (let tries = 1;; tries++) {
      const waitMs = freeAtMs - performance.now();
      freeAtMs = Math.max(freeAtMs, performance.now()) + pauseMs;
      if (waitMs > 0) await sleep(waitMs);
      const answer = await askOnce(options, path);
      if (!("error" in answer)) return answer.json;
      if (!answer.error.retryable || tries >= TRIES_MAX) throw answer.error;
      await sleep(answer.waitMs ?? Math.min(PAUSE_MS_FIRST * 2 ** tries, PAUSE_MS_MAX));
    }
  };
}

type Answer = { json: unknown } | { error: VenueError; waitMs?: number };

async function askOnce(options: VenueRestOptions, path: string): Promise<Answer> {
  const address = options.url + path;
  const headers = await headersOf(options, address);
  try {
    const response = await fetch(address, { headers, signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    if (response.ok) return { json: await response.json() };
    await response.body?.cancel();
    const seconds = Number(response.headers.get("retry-after"));
    return {
      error: refused(options, path, response.status),
      ...(seconds > 0 ? { waitMs: seconds * 1000 } : {}),
    };
  } catch (cause) {
    return {
      error: new VenueError("VENUE_REST_UNAVAILABLE", `${options.url} does not answer`, {
        cause,
        hint: "Check the network and the address",
        retryable: true,
      }),
    };
  }
}

async function headersOf({ venue, credentials }: VenueRestOptions, address: string) {
  if (credentials === undefined) return {};
  return (await venue.handshake(address, credentials, Date.now())).headers;
}

function refused({ venue }: VenueRestOptions, path: string, status: number): VenueError {
  return new VenueError("VENUE_REST_REFUSED", `${venue.id} answers ${path} with HTTP ${status}`, {
    context: { status, path },
    hint: status === 401 || status === 403 ? "Check the key" : "Look at the venue's status page",
    retryable: status === 429 || status >= 500,
  });
}
