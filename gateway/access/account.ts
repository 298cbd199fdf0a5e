import type { EventType } from "@ssmd/market";
import type { ClientRole } from "./role.ts";

/** Limits of a client; null = the gateway's. */
export interface ClientLimits {
  /** Stream connections at once. */
  sessionsMax: number | null;
  /** Devices with concurrent streams: IPv4 addresses, /64 networks of IPv6. */
  devicesMax: number | null;
  /** REST and stream requests a second, over all connections; bursts of twice as many. */
  requestsPerSecondMax: number | null;
  /** Messages delivered on streams a day (UTC); beyond it streams are closed until the next day. */
  messagesPerDayMax: number | null;
}

/** A client's use of the data, in the categories of exchanges. */
export const CLIENT_USES = ["unspecified", "display", "non-display", "trading"] as const;

/** One of {@linkcode CLIENT_USES}. */
type ClientUse = typeof CLIENT_USES[number];

/** An account of the gateway, with keys of its own. */
export interface ClientAccount {
  /** Name in all commands and logs: lower-case letters, digits and dashes. */
  id: string;
  /** Display text. */
  description: string;
  /** Responsible person or department; "" = none named. */
  owner: string;
  /** Applies when the environment has no file of roles. */
  role: ClientRole;
  use: ClientUse;
  /** Whether its keys are accepted. */
  enabled: boolean;
  /** Streams opened before this time are ended; 0 = none. */
  disconnectedAtMs: number;
  limits: ClientLimits;
  createdAtMs: number;
  updatedAtMs: number;
}

/** A key of a client; the secret is not stored. */
export interface ApiKey {
  /** Public part of the key, shown in lists, logs and the journal. */
  id: string;
  client: string;
  /** Display text: where the key is used. */
  label: string;
  /** Hash of the secret, from {@linkcode hashSecret}. */
  hash: string;
  createdAtMs: number;
  /** Expiry; null = never. */
  expiresAtMs: number | null;
  /** Revocation; null = not revoked. */
  revokedAtMs: number | null;
  /** Key that replaced it in a rotation. */
  replacedBy: string | null;
  /** Last use, to about a minute; null = never. */
  lastUsedAtMs: number | null;
}

/** Feeds, symbols and types that a client may see; several add up. */
export interface Entitlement {
  /** 1, 2, 3, …; never reused in a store. */
  id: number;
  client: string;
  /** A feed's id, or `*`. */
  feed: string;
  /** A symbol, a prefix and `*`, or `*`. */
  symbols: string;
  /** Record types, or `*`. */
  types: readonly EventType[] | "*";
  createdAtMs: number;
  /** Expiry; null = never. */
  expiresAtMs: number | null;
}

/** A current or former entitlement. */
export interface PastEntitlement extends Entitlement {
  /** Removal; null = still granted. */
  removedAtMs: number | null;
}

/** A blocked address, whose requests are all refused. */
export interface Block {
  /** An IPv4 address, or the /64 network of an IPv6 address, as returned by `groupOf`. */
  address: string;
  /** Text for people. */
  reason: string;
  createdAtMs: number;
  /** End of the block; null = never. */
  untilMs: number | null;
}

/** All accounts, keys, entitlements and blocked addresses. */
export interface Accounts {
  /** Increases with every change. */
  revision: number;
  clients: ClientAccount[];
  keys: ApiKey[];
  entitlements: Entitlement[];
  blocks: Block[];
}

/** Messages of one type of one feed that a client received on one day. */
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

/** A run of a gateway that registers its sessions in a store. */
export interface GatewayRun {
  id: string;
  /** Process id. */
  pid: number;
  /** Last heartbeat, ms; 0 = stopped. */
  seenAtMs: number;
  /** Revision of the accounts that it applies; 0 = none yet. */
  revision: number;
}

/** A current or former stream connection. */
export interface SessionRecord {
  id: string;
  /** Run of its gateway. */
  run: string;
  client: string;
  /** Id of the key that opened it. */
  key: string;
  address: string;
  startedAtMs: number;
  /** null = still open. */
  endedAtMs: number | null;
  /** Reason for its end; null = still open. */
  reason: string | null;
}
