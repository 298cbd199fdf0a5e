/** Limits of feedback. */
export const FEEDBACK_LIMITS = {
  /** Characters of a report's text. */
  textCharactersMax: 2_000,
  /** Maximum of entries; resolved ones are removed first, then further reports are refused. */
  entriesMax: 10_000,
  /** Texts kept per entry; the oldest are dropped. */
  reportsKeptMax: 50,
  /** Reporters listed per entry. */
  reportersMax: 100,
  /** Time distance within which reports of the same kind and market are the same issue, µs. */
  sameIssueUs: 10 * 60_000_000,
  /** Share of common words from which two texts without a time are the same issue. */
  sameWordsMin: 0.6,
  /** Maximum time that a reported time may be ahead of our clock, µs. */
  aheadUs: 60_000_000,
  /** Time around a reported time in which its record is searched, µs. */
  aroundUs: 5_000_000,
  /** Age of the newest record below which a market is not stale, ms. */
  freshMs: 5_000,
  /** Number of reporters from which an issue's priority is raised. */
  reportersRaising: 3,
  /** Minimum and maximum backoff between attempts to send an issue. */
  retryMsMin: 1_000,
  retryMsMax: 300_000,
} as const;
