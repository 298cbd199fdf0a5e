/** Limits of tools. */
export const MCP_LIMITS = {
  /** Bytes of an answer; it is cut at a record, and a cursor leads on. */
  answerBytesMax: 8 * 1024,
  /** Calls a minute of one client. */
  callsPerMinuteMax: 60,
  /** Calls of one client at once, before its minute's share is waited for. */
  callsBurstMax: 10,
  /** Reports of issues a minute of one client. */
  reportsPerMinuteMax: 10,
  /** Clients whose rate is remembered and who are listed; the one that was quiet longest leaves. */
  clientsMax: 1_000,
  /** Sessions of the protocol's older era; the one that was quiet longest is forgotten. */
  sessionsMax: 256,
  /** Open streams of `subscriptions/listen`; a further one is refused. */
  subscriptionsMax: 64,
  /** Characters of a text of others in an answer. */
  untrustedCharactersMax: 300,
  /** Texts of others in an answer. */
  untrustedTextsMax: 20,
  /** Plain sentences in an answer. */
  notesMax: 5,
} as const;
