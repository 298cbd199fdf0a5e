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
  /** Interval of checks for changed clients, keys or entitlements. */
  pollMs: 250,
  /** Interval of quota checks: a client may exceed its quota for so long. */
  meterMs: 250,
  /** Interval of writes of usage and sessions. */
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
  /** Interval of pruning. */
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

/** Limits for repeated bad keys of an address (an IPv4 address, an IPv6 /64). */
export const GUARD_LIMITS = {
  /** Bad keys that are answered without a delay. */
  promptMax: 3,
  /** Wait of the next one; it doubles with each. */
  slowMsFirst: 250,
  /** Longest wait. */
  slowMsMax: 4_000,
  /** Bad keys after which the address is blocked. */
  badKeysMax: 20,
  /** Duration of a block: bad keys are refused with 429, good ones accepted. */
  blockedMs: 15 * 60_000,
  /** Quiet after which bad keys are forgotten. */
  forgetMs: 10 * 60_000,
  /** Addresses that are remembered; then the one that was quiet longest is forgotten. */
  addressesMax: 10_000,
  /** Maximum of delayed answers over all addresses; a further one is sent without a delay. */
  waitingMax: 500,
} as const;

/** Limits of the audit of denied accesses. */
export const AUDIT_LIMITS = {
  /** The first denial of a kind is written immediately, those within this time as one count. */
  windowMs: 60_000,
  /** Kinds (code, client, key, address) counted separately in a window; further ones share a counter. */
  kindsMax: 500,
  /** Characters of what was asked for. */
  whatCharactersMax: 128,
} as const;

/** Limits of tokens of an issuer, and of certificates. */
export const TOKEN_LIMITS = {
  /** Age of the issuer's keys from which they are loaded again, beside the request. */
  keysFreshMs: 5 * 60_000,
  /** Shortest time between two loads, whatever keys tokens name. */
  keysAgainMs: 30_000,
  /** Wait for the issuer. */
  keysMs: 5_000,
  /** Wait for the token of a sign-in. */
  exchangeMs: 10_000,
  /** Time that a browser has for a sign-in at the issuer, seconds. */
  signInS: 600,
  /** Time for which the keys seen last hold while the issuer is away; an environment may say another. */
  keysKeptMs: 3_600_000,
  /** Tokens and certificates that are remembered for their streams and sign-ins; the oldest leaves. */
  rememberedMax: 10_000,
} as const;
