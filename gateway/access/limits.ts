/** Limits of access control. */
export const ACCESS_LIMITS = {
  /** Clients in a store; a further one is refused by the command that makes it. */
  clientsMax: 10_000,
  /** Keys of one client that are neither revoked nor expired; a further one is refused. */
  keysPerClientMax: 20,
  /** Keys of one client with those that ended; the oldest ended ones leave as new ones are made. */
  keysKeptPerClientMax: 100,
  /** Entitlements of one client; a further one is refused. */
  entitlementsPerClientMax: 1000,
  /** How often the gateway looks whether clients, keys or entitlements were changed. */
  pollMs: 250,
  /** How often deliveries are added up against quotas: a client may get so much more than its own. */
  meterMs: 250,
  /** How often usage and sessions are written. */
  flushMs: 1000,
  /** Rows that are written at a time, so that the stream never waits for them; the rest follows. */
  flushRowsMax: 500,
  /** Ended sessions that wait for an unavailable store; the oldest are dropped. */
  endedSessionsMax: 10_000,
  /** A key's last use is written once in so long. */
  keyUseMs: 60_000,
  /** A gateway that did not write for so long is gone, and its sessions have ended. */
  runLostMs: 30_000,
  /** Ended sessions are kept this long. */
  sessionsKeptMs: 90 * 86_400_000,
  /** Usage is kept this long. */
  usageKeptMs: 800 * 86_400_000,
  /** How often what is older is removed. */
  pruneMs: 3_600_000,
  /** Life of a ticket for one stream connection. */
  ticketMs: 30_000,
  /** Tickets that were not used yet; a further one is refused. */
  ticketsMax: 10_000,
  /** Life of a sign-in of a browser. */
  browserSessionMs: 12 * 3_600_000,
  /** Browsers that are signed in; the oldest sign-in leaves. */
  browserSessionsMax: 10_000,
  /** Largest form of a sign-in; beyond it the request is refused. */
  signInBytesMax: 4096,
} as const;

/** How repeated bad keys from an address (an IPv4 address, an IPv6 /64) are met. */
export const GUARD_LIMITS = {
  /** Bad keys that are answered at once. */
  promptMax: 3,
  /** Wait of the next one; it doubles with each. */
  slowMsFirst: 250,
  /** Longest wait. */
  slowMsMax: 4_000,
  /** Bad keys after which the address is blocked. */
  badKeysMax: 20,
  /** How long it is blocked: bad keys are refused with 429, good ones let in. */
  blockedMs: 15 * 60_000,
  /** Quiet after which bad keys are forgotten. */
  forgetMs: 10 * 60_000,
  /** Addresses that are remembered; then the one that was quiet longest is forgotten. */
  addressesMax: 10_000,
  /** Answers that wait at once, over all addresses; a further one is refused without a wait. */
  waitingMax: 500,
} as const;

/** How refusals are written into the journal. */
export const AUDIT_LIMITS = {
  /** The first refusal of a kind is written at once, what follows within this time as one count. */
  windowMs: 60_000,
  /** Kinds (code, client, key, address) counted separately in a window; further ones share a counter. */
  kindsMax: 500,
  /** Characters of what was asked for. */
  whatCharactersMax: 128,
} as const;
