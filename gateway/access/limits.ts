/** Limits of access control. */
export const ACCESS_LIMITS = {
  /** Clients in a store; the command that creates a further one is refused. */
  clientsMax: 10_000,
  /** Keys of one client that are neither revoked nor expired; a further one is refused. */
  keysPerClientMax: 20,
  /** Keys of one client including ended ones; new keys evict the oldest ended ones. */
  keysKeptPerClientMax: 100,
  /** Entitlements of one client; a further one is refused. */
  entitlementsPerClientMax: 1000,
  /** Interval of checks for changed clients, keys or entitlements. */
  pollMs: 250,
  /** Interval of quota checks: how long a client may exceed its quota. */
  meterMs: 250,
  /** Interval of writes of usage and sessions. */
  flushMs: 1000,
  /** Rows per write, so that streams never wait for it; the rest follows. */
  flushRowsMax: 500,
  /** Ended sessions that wait for an unavailable store; the oldest are dropped. */
  endedSessionsMax: 10_000,
  /** A key's last use is written at most once per interval. */
  keyUseMs: 60_000,
  /** Time without a write after which a gateway counts as gone and its sessions as ended. */
  runLostMs: 30_000,
  /** Retention of ended sessions. */
  sessionsKeptMs: 90 * 86_400_000,
  /** Retention of usage. */
  usageKeptMs: 800 * 86_400_000,
  /** Interval of pruning. */
  pruneMs: 3_600_000,
  /** Lifetime of a ticket for one stream connection. */
  ticketMs: 30_000,
  /** Unused tickets; a further one is refused. */
  ticketsMax: 10_000,
  /** Lifetime of a browser session. */
  browserSessionMs: 12 * 3_600_000,
  /** Browser sessions; the oldest is evicted. */
  browserSessionsMax: 10_000,
  /** Largest sign-in form, bytes; beyond it the request is refused. */
  signInBytesMax: 4096,
} as const;

/** Limits for repeated bad keys of an address (an IPv4 address, an IPv6 /64). */
export const GUARD_LIMITS = {
  /** Bad keys that are answered without a delay. */
  promptMax: 3,
  /** First delay; it doubles with each bad key. */
  slowMsFirst: 250,
  /** Longest delay. */
  slowMsMax: 4_000,
  /** Bad keys after which the address is blocked. */
  badKeysMax: 20,
  /** Duration of a block: bad keys are refused with 429, good ones accepted. */
  blockedMs: 15 * 60_000,
  /** Time without bad keys after which they are forgotten. */
  forgetMs: 10 * 60_000,
  /** Tracked addresses; beyond it the one quiet longest is evicted. */
  addressesMax: 10_000,
  /** Maximum of delayed answers over all addresses; a further one is sent without a delay. */
  waitingMax: 500,
} as const;

/** Limits of the audit of denied accesses. */
export const AUDIT_LIMITS = {
  /** Window: the first denial of a kind is written at once, the others in it as one count. */
  windowMs: 60_000,
  /** Kinds (code, client, key, address) counted separately per window; others share a counter. */
  kindsMax: 500,
  /** Maximum length of the requested resource, characters. */
  whatCharactersMax: 128,
} as const;

/** Limits of issuer tokens and certificates. */
export const TOKEN_LIMITS = {
  /** Age of the issuer's keys from which they are reloaded in the background. */
  keysFreshMs: 5 * 60_000,
  /** Minimum interval between two loads, even when tokens name unknown keys. */
  keysAgainMs: 30_000,
  /** Timeout of loading the issuer's keys. */
  keysMs: 5_000,
  /** Age from which the issuer's discovery document is read again. */
  discoveryFreshMs: 3_600_000,
  /** Longest token kept for the sign-out at the issuer, where it is part of an address. */
  hintLettersMax: 4096,
  /** Timeout of the token exchange of a sign-in. */
  exchangeMs: 10_000,
  /** Time for a sign-in at the issuer, seconds. */
  signInS: 600,
  /** Time the last keys stay valid while the issuer is away; an environment may override it. */
  keysKeptMs: 3_600_000,
  /** Tokens and certificates remembered for their streams and sign-ins; the oldest is evicted. */
  rememberedMax: 10_000,
} as const;
