import type { EventType } from "@ssmd/market";
import type { ClientRole } from "./access.ts";

/** What a client may use; null = as much as the gateway itself allows. */
export interface ClientLimits {
  /** Stream connections at once. */
  sessionsMax: number | null;
  /** REST requests and stream requests a second, over all connections; bursts of twice as many. */
  requestsPerSecondMax: number | null;
  /** Messages delivered on streams a day (UTC); then its streams are closed until the next day. */
  messagesPerDayMax: number | null;
}

/** Somebody who uses the gateway with keys of its own. */
export interface ClientAccount {
  /** The name it is called by everywhere: lower-case letters, digits and dashes. */
  id: string;
  /** For people. */
  description: string;
  role: ClientRole;
  /** Whether its keys are let in. */
  enabled: boolean;
  limits: ClientLimits;
  createdAtMs: number;
  updatedAtMs: number;
}

/** A key of a client; the secret itself is nowhere. */
export interface ApiKey {
  /** The part of the key that may be seen: in lists, logs and the journal. */
  id: string;
  client: string;
  /** For people: where it is used. */
  label: string;
  /** Hash of the secret, as {@linkcode hashSecret} makes it. */
  hash: string;
  createdAtMs: number;
  /** When it stops; null = never. */
  expiresAtMs: number | null;
  /** When it was taken away; null = it was not. */
  revokedAtMs: number | null;
  /** The key that takes its place, after a rotation. */
  replacedBy: string | null;
  /** When it was last let in, to about a minute; null = never. */
  lastUsedAtMs: number | null;
}

/** What a client may see: everything that one of its entitlements names. */
export interface Entitlement {
  /** 1, 2, 3, … never given twice in a store. */
  id: number;
  client: string;
  /** A feed's id, or `*`. */
  feed: string;
  /** A symbol, the start of symbols and `*`, or `*`. */
  symbols: string;
  /** Record types, or `*`. */
  types: readonly EventType[] | "*";
  createdAtMs: number;
  /** When it ends; null = never. */
  expiresAtMs: number | null;
}

/** Everything that decides who is let in to what. */
export interface Accounts {
  /** Rises with every change. */
  revision: number;
  clients: ClientAccount[];
  keys: ApiKey[];
  entitlements: Entitlement[];
}

/** Messages of one type of one feed that a client got on one day. */
export interface UsageCount {
  /** UTC, `YYYY-MM-DD`. */
  day: string;
  client: string;
  /** `-` for requests. */
  feed: string;
  /** A record type, or `request`. */
  type: string;
  messages: number;
}

/** A run of a gateway that keeps its sessions in a store. */
export interface GatewayRun {
  id: string;
  /** When it last wrote that it is there. */
  seenAtMs: number;
}

/** A stream connection, now or before. */
export interface SessionRecord {
  id: string;
  /** The run of the gateway that it is of. */
  run: string;
  client: string;
  /** Id of the key with which it was opened. */
  key: string;
  address: string;
  startedAtMs: number;
  /** null = it goes on. */
  endedAtMs: number | null;
  /** Why it ended; null = it goes on. */
  reason: string | null;
}
