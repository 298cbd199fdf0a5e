/** Limits of agents. */
export const AGENT_LIMITS = {
  /** Supersteps of one run of a graph. */
  stepsMax: 25,
  /** Calls of a model for one thread. */
  callsPerThreadMax: 8,
  /** Tokens of one thread, in and out. */
  tokensPerThreadMax: 60_000,
  /** Tokens of all threads of a day (UTC). */
  tokensPerDayMax: 500_000,
  /** Wait for an answer of a model. */
  modelMs: 60_000,
  /** Drafts of a signal that are corrected before it is given up. */
  draftsMax: 4,
  /** Time for which an approval is waited. */
  approvalMs: 24 * 3_600_000,
  /** Life of a lease; it is renewed at a third of it. */
  leaseMs: 15_000,
  /** Characters of the words of a request. */
  wordsCharactersMax: 2_000,
  /** Characters of findings that go back to the model. */
  findingsCharactersMax: 4_000,
} as const;
