import { AccessDenied } from "../access/access_denied.ts";

/** Rate limits of one client's calls. */
export interface CallLimits {
  callsPerMinuteMax: number;
  callsBurstMax: number;
  reportsPerMinuteMax: number;
}

/** Maximum number of buckets; the least recently used is evicted. */
const BUCKETS_MAX = 2_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Limits the calls of each client with token buckets: a burst and a rate a minute. */
export class CallRate {
  #limits: CallLimits;
  /** Buckets, the least recently used first. */
  #buckets = new Map<string, Bucket>();

  constructor(limits: CallLimits) {
    this.#limits = limits;
  }

  /** Takes a token for a call. Throws {@linkcode AccessDenied} (429) when none is left. */
  takeCall(client: string): void {
    const { callsPerMinuteMax, callsBurstMax } = this.#limits;
    this.#take(`call ${client}`, callsPerMinuteMax, callsBurstMax);
  }

  /** Takes a token for an issue report. Throws as {@linkcode takeCall}. */
  takeReport(client: string): void {
    const { reportsPerMinuteMax } = this.#limits;
    this.#take(`report ${client}`, reportsPerMinuteMax, reportsPerMinuteMax);
  }

  #take(name: string, perMinute: number, burst: number): void {
    const nowMs = performance.now();
    const { tokens, atMs } = this.#buckets.get(name) ?? { tokens: burst, atMs: nowMs };
    const filled = Math.min(burst, tokens + (nowMs - atMs) * perMinute / 60_000);
    this.#buckets.delete(name);
    this.#buckets.set(name, { tokens: filled < 1 ? filled : filled - 1, atMs: nowMs });
    if (this.#buckets.size > BUCKETS_MAX) {
      this.#buckets.delete(this.#buckets.keys().next().value as string);
    }
    if (filled < 1) throw tooMany(perMinute, burst, Math.ceil((1 - filled) * 60 / perMinute));
  }
}

function tooMany(perMinute: number, burst: number, retryAfterS: number): AccessDenied {
  return new AccessDenied("TOO_MANY_CALLS", "Too many calls in a short time", {
    status: 429,
    hint: `Wait ${retryAfterS} s; at most ${perMinute} a minute, ${burst} at once`,
    retryAfterS,
  });
}
