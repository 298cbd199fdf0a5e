import type { EventType } from "@ssmd/market";
import type { ClientRole } from "./role.ts";

/** Limits of a client; null = that of the gateway. */
export interface ClientLimits {
  /** Stream connections at once. */
  sessionsMax: number | null;
  /** Devices with stream connections at once: IPv4 addresses, /64 networks of IPv6. */
  devicesMax: number | null;
  /** REST requests and stream requests a second, over all connections; bursts of twice as many. */
  requestsPerSecondMax: number | null;
  /** Messages delivered on streams a day (UTC); then its streams are closed until the next day. */
  messagesPerDayMax: number | null;
}

/** What a client does with the data, as exchanges ask it. */
export const CLIENT_USES = ["unspecified", "display", "non-display", "trading"] as const;

/** One of {@linkcode CLIENT_USES}. */
type ClientUse = typeof CLIENT_USES[number];

/** An account of the gateway, with keys of its own. */
export interface ClientAccount {
  /** The name it is called by everywhere: lower-case letters, digits and dashes. */
  id: string;
  /** Display text. */
  description: string;
  /** Who answers for it: a person or a department; "" = nobody was named. */
  owner: string;
  /** Counts where the environment has no file of roles. */
  role: ClientRole;
  use: ClientUse;
  /** Whether its keys are accepted. */
  enabled: boolean;
  /** Streams that were opened until then are ended; 0 = none. */
  disconnectedAtMs: number;
  limits: ClientLimits;
  createdAtMs: number;
  updatedAtMs: number;
}

/** A key of a client; the secret is not stored. */
export interface ApiKey {
  /** The part of the key that may be seen: in lists, logs and the journal. */
  id: string;
  client: string;
  /** Display text: where it is used. */
  label: string;
  /** Hash of the secret, as {@linkcode hashSecret} makes it. */
  hash: string;
  createdAtMs: number;
  /** Expiry; null = never. */
  expiresAtMs: number | null;
  /** Revocation; null = not revoked. */
  revokedAtMs: number | null;
  /** The key that replaced it in a rotation. */
  replacedBy: string | null;
  /** Last use, to about a minute; null = never. */
  lastUsedAtMs: number | null;
}

/** Feeds, symbols and types that a client may see; several add up. */
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
  /** Expiry; null = never. */
  expiresAtMs: number | null;
}

/** An entitlement as it is or was. */
export interface PastEntitlement extends Entitlement {
  /** When it was taken away; null = it is still given. */
  removedAtMs: number | null;
}

/** An address of which nothing is answered. */
export interface Block {
  /** An IPv4 address, or the /64 network of an IPv6 address, as `groupOf` writes it. */
  address: string;
  /** For people. */
  reason: string;
  createdAtMs: number;
  /** Its end; null = never. */
  untilMs: number | null;
}

/** All accounts, keys, entitlements and blocked addresses. */
export interface Accounts {
  /** Rises with every change. */
  revision: number;
  clients: ClientAccount[];
  keys: ApiKey[];
  entitlements: Entitlement[];
  blocks: Block[];
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
  /** Its process. */
  pid: number;
  /** Last sign of life; 0 = it has stopped. */
  seenAtMs: number;
  /** Revision of the accounts that holds there; 0 = none yet. */
  revision: number;
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
  /** null = still open. */
  endedAtMs: number | null;
  /** Why it ended; null = still open. */
  reason: string | null;
}
