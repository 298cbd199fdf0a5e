import { STREAM_TYPES } from "@ssmd/market";
import { DAY_MS, dayOfMs } from "@ssmd/runtime";
import type { StreamSession } from "./access.ts";
import type { ApiKey, ClientAccount, SessionRecord, UsageCount } from "./account.ts";
import { isExternal } from "./external_key.ts";
import { EntitlementSet } from "./entitlement_set.ts";
import { Meter, type MeterFeeds } from "./meter.ts";
import { AccessDenied } from "./access_denied.ts";
import { reachedLimit, sessionLimitError } from "./session_limit.ts";

/** Shares of a day's quota at which a client receives a notice. */
const NOTICE_SHARES = [0.8, 0.95];

/** An open stream connection of a client. */
export interface OpenSession {
  stream: StreamSession;
  key: string;
  record: SessionRecord;
  /** Number of quota notices sent today. */
  quotaNotices: number;
}

/** Runtime state of a client: entitlements, usage, rate and open sessions. */
export class ClientState {
  account: ClientAccount;
  entitlements: EntitlementSet;
  /** JSON of the entitlements, to detect changes. */
  entitlementsJson: string;
  /** Expiry of the first entitlement, ms; Infinity = never. */
  entitlementsChangeAtMs = Infinity;
  readonly meter: Meter = new Meter();
  readonly sessions: Set<OpenSession> = new Set();
  /** Requests since the last {@linkcode collectUsage}. */
  requests = 0;
  /** Whether it sent requests since its usage was merged. */
  wasActive = false;
  /** Messages delivered on {@linkcode day} by all gateways of the store. */
  usedToday = 0;
  /** UTC day of {@linkcode usedToday}. */
  day = "";
  /** Whether the client was removed and receives nothing more. */
  isRemoved = false;
  #tokens = Infinity;
  #tokensMs = 0;
  /** Counts of {@linkcode day} that are not stored yet. */
  #unwritten = { messages: 0, requests: 0 };
  /** Known requests of {@linkcode day} over all gateways; undefined = not loaded yet. */
  #requestsToday: number | undefined;

  constructor(account: ClientAccount, entitled: EntitlementSet, entitledText: string) {
    this.account = account;
    this.entitlements = entitled;
    this.entitlementsJson = entitledText;
  }

  /**
   * Takes a request from the client's rate; `rateMax` applies to a client without its own limit.
   * With several gateways, each allows its share of a burst.
   */
  takeRequest(nowMs: number, rateMax: number, gateways: number): AccessDenied | undefined {
    const rate = this.account.limits.requestsPerSecondMax ?? rateMax;
    const refill = (nowMs - this.#tokensMs) / 1000 * rate;
    const tokens = Math.min(Math.max(1, rate * 2 / gateways), this.#tokens + refill);
    this.wasActive = true;
    this.#tokensMs = nowMs;
    if (tokens < 1) {
      this.#tokens = tokens;
      return new AccessDenied("RATE_LIMITED", "Requests come too fast", {
        status: 429,
        hint: `At most ${rate} a second for all connections of this client`,
        retryAfterS: Math.ceil((1 - tokens) / rate),
      });
    }
    this.#tokens = tokens - 1;
    this.requests++;
    if (this.#requestsToday !== undefined) this.#requestsToday++;
    return undefined;
  }

  /** Returns the error of another stream from `address`; undefined = it may be opened. */
  checkSessions(nowMs: number, address: string): AccessDenied | undefined {
    const { limits } = this.account;
    const open = [...this.sessions].map(({ record }) => record.address);
    const reached = reachedLimit(limits, address, open);
    return reached === undefined ? this.checkQuota(nowMs) : sessionLimitError(reached, limits);
  }

  /** Returns the error of a used-up quota; undefined = not used up. */
  checkQuota(nowMs: number): AccessDenied | undefined {
    const quota = this.account.limits.messagesPerDayMax;
    this.#rollDay(nowMs);
    if (quota === null || this.usedToday < quota) return undefined;
    const resetMs = (Math.floor(nowMs / DAY_MS) + 1) * DAY_MS;
    return new AccessDenied("QUOTA_EXCEEDED", `The day's quota of ${quota} messages is used up`, {
      status: 429,
      hint: `Streams are open again from ${new Date(resetMs).toISOString()}; REST continues`,
      retryAfterS: Math.ceil((resetMs - nowMs) / 1000),
    });
  }

  /** Passes messages and requests since the last call to `each`, and sends due quota notices. */
  collectUsage(
    nowMs: number,
    feeds: MeterFeeds,
    each: (feed: string, type: string, messages: number) => void,
  ): void {
    this.#rollDay(nowMs);
    this.meter.take((feedIndex, type, messages) => {
      this.usedToday += messages;
      this.#unwritten.messages += messages;
      each(feeds.nameOf(feedIndex), STREAM_TYPES[type] ?? "", messages);
    });
    if (this.requests > 0) each("-", "request", this.requests);
    this.#unwritten.requests += this.requests;
    this.requests = 0;
    this.#sendQuotaNotices(nowMs);
  }

  /** Notes that a count from {@linkcode collectUsage} was stored. */
  noteWritten({ day, type, messages }: UsageCount): void {
    if (day === this.day) this.#unwritten[type === "request" ? "requests" : "messages"] -= messages;
  }

  /**
   * Merges the stored usage of a day, which includes that of other gateways. Requests that they
   * answered since the last merge are taken from the rate here too.
   */
  mergeStoredUsage(day: string, counts: readonly UsageCount[]): void {
    if (day !== this.day) this.#beginDay(day);
    const sum = (isRequest: boolean) =>
      counts.filter(({ type }) => (type === "request") === isRequest)
        .reduce((total, { messages }) => total + messages, 0);
    this.usedToday = sum(false) + this.#unwritten.messages;
    const requests = sum(true) + this.#unwritten.requests + this.requests;
    this.#tokens -= Math.max(0, requests - (this.#requestsToday ?? requests));
    this.#requestsToday = requests;
    this.wasActive = false;
  }

  #sendQuotaNotices(nowMs: number): void {
    const quota = this.account.limits.messagesPerDayMax;
    if (quota === null) return;
    const reached = NOTICE_SHARES.filter((share) => this.usedToday >= quota * share).length;
    const resets = new Date((Math.floor(nowMs / DAY_MS) + 1) * DAY_MS).toISOString();
    for (const session of this.sessions) {
      if (session.quotaNotices >= reached) continue;
      session.quotaNotices = reached;
      session.stream.onNotice({
        code: "quota_near",
        message: `${this.usedToday} of the day's ${quota} messages are used`,
        hint: `At the limit the stream is closed with quota_exceeded until ${resets}`,
        used: this.usedToday,
        quota,
        resets,
      });
    }
  }

  #rollDay(nowMs: number): void {
    const day = dayOfMs(nowMs);
    if (day !== this.day) this.#beginDay(day);
  }

  #beginDay(day: string): void {
    this.day = day;
    this.usedToday = 0;
    this.#unwritten = { messages: 0, requests: 0 };
    this.#requestsToday = undefined;
    for (const session of this.sessions) session.quotaNotices = 0;
  }
}

/** Returns the error of a key; undefined = valid. */
export function checkKey(
  key: ApiKey,
  client: ClientState | undefined,
  nowMs: number,
): AccessDenied | undefined {
  if (client === undefined || client.isRemoved) return badKey();
  const name = client.account.id;
  if (key.revokedAtMs !== null && key.revokedAtMs <= nowMs) {
    return new AccessDenied("KEY_REVOKED", `Key ${key.id} was revoked`, {
      status: 401,
      hint: `Ask for another one: ssmd client api-key create ${name}`,
    });
  }
  if (key.expiresAtMs !== null && key.expiresAtMs <= nowMs) {
    const when = new Date(key.expiresAtMs).toISOString();
    return new AccessDenied(
      "KEY_EXPIRED",
      `${isExternal(key) ? "Token" : "Key"} ${key.id} ended at ${when}`,
      {
        status: 401,
        hint: isExternal(key)
          ? "Get a new one from the issuer"
          : key.replacedBy === null
          ? `Ask for another one: ssmd client api-key create ${name}`
          : `Use the key that took its place: ${key.replacedBy}`,
      },
    );
  }
  if (client.account.enabled) return undefined;
  return new AccessDenied("CLIENT_DISABLED", `Client ${name} is disabled`, {
    status: 403,
    hint: `An administrator of the gateway enables it: ssmd client enable ${name}`,
  });
}

/** Returns the error of a stream opened before its client was disconnected; undefined = newer. */
export function checkDisconnected(
  { record }: OpenSession,
  { account }: ClientState,
): AccessDenied | undefined {
  if (record.startedAtMs > account.disconnectedAtMs) return undefined;
  return new AccessDenied("DISCONNECTED", "An administrator ended the streams of this client", {
    status: 403,
    hint: "Ask them why; it may connect again",
  });
}

/** Returns the same error for every unknown key, so that a guesser learns nothing. */
export function badKey(): AccessDenied {
  return new AccessDenied("KEY_INVALID", "The key is not known here", {
    status: 401,
    hint: "Check that it is whole, ssmd_<id>_<secret>, and of this environment",
  });
}
