/** Limits of tools. */
export const MCP_LIMITS = {
  /** Size of an answer, bytes; beyond it, it is cut at a record and has a cursor. */
  answerBytesMax: 8 * 1024,
  /** Calls a minute per client. */
  callsPerMinuteMax: 60,
  /** Burst of calls per client. */
  callsBurstMax: 10,
  /** Issue reports a minute per client. */
  reportsPerMinuteMax: 10,
  /** Clients that are rate-limited and listed; the least recently active is evicted. */
  clientsMax: 1_000,
  /** Sessions of the protocol's older era; the least recently used is evicted. */
  sessionsMax: 256,
  /** Open streams of `subscriptions/listen`; a further one is refused. */
  subscriptionsMax: 64,
  /** Characters of an untrusted text in an answer. */
  untrustedCharactersMax: 300,
  /** Untrusted texts in an answer. */
  untrustedTextsMax: 20,
  /** Notes in an answer. */
  notesMax: 5,
} as const;
