/** Limits of agents. */
export const AGENT_LIMITS = {
  /** Supersteps of one run of a graph. */
  stepsMax: 25,
  /** Steps of one thread in all its runs. */
  stepsPerThreadMax: 100,
  /** Calls of a model by all threads of a day (UTC). */
  callsPerDayMax: 10_000,
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
  /** Longest run of a node of a graph; backtests of a week are the longest. */
  nodeMs: 30 * 60_000,
  /** Wait for the step of a thread that runs when the process ends. */
  drainMs: 10_000,
  /** Fires that are acted on at once. */
  actionsAtOnce: 4,
  /** Age of the oldest fire that is acted on, unless its policy says. */
  fireAgeMs: 3_600_000,
  /** Wait until what a person decided elsewhere is seen. */
  lookMs: 1_000,
  /** Runs of a graph that may fail before its policy's default is done. */
  runsMax: 3,
  /** Tries to send an action, each after twice the wait of the one before. */
  sendsMax: 12,
  /** First wait between two tries. */
  retryMs: 1_000,
  /** Longest wait between two tries. */
  retryMsMax: 300_000,
  /** Wait for an answer of a webhook. */
  webhookMs: 10_000,
  /** Bytes of what is posted to a webhook. */
  webhookBytesMax: 65_536,
  /** Fires of the same signal, and trades, of which a model is told. */
  contextRecordsMax: 20,
  /** Actions that are shown as waiting for an approval. */
  waitingShownMax: 100,
  /** Life of a lease; it is renewed at a third of it. */
  leaseMs: 15_000,
  /** Characters of the words of a request. */
  wordsCharactersMax: 2_000,
  /** Characters of findings that go back to the model. */
  findingsCharactersMax: 4_000,
} as const;
