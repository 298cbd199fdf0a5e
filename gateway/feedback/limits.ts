/** Limits of feedback. */
export const FEEDBACK_LIMITS = {
  /** Characters of a report's text. */
  textCharactersMax: 2_000,
  /** Entries that are kept; resolved ones leave first, then a further report is refused. */
  entriesMax: 10_000,
  /** Reports of an entry of which the words are kept; the oldest leave. */
  reportsKeptMax: 50,
  /** Reporters of an entry that are named. */
  reportersMax: 100,
  /** Reports of the same kind and market this far apart are of the same issue, µs. */
  sameIssueUs: 10 * 60_000_000,
  /** Share of common words from which on two texts without a time are of the same issue. */
  sameWordsMin: 0.6,
  /** A reported time may be ahead of our clock by so much, µs. */
  aheadUs: 60_000_000,
  /** Records around a reported time in which one is looked for, µs. */
  aroundUs: 5_000_000,
  /** A market with a record this young is not stale, ms. */
  freshMs: 5_000,
  /** Reporters from which on an issue counts for more. */
  reportersRaising: 3,
  /** Wait between two tries to hand an issue to the tracker. */
  retryMsMin: 1_000,
  retryMsMax: 300_000,
} as const;
