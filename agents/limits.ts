/** Limits of agents. */
export const AGENT_LIMITS = {
  /** Supersteps per graph run. */
  stepsMax: 25,
  /** Steps per thread over all runs. */
  stepsPerThreadMax: 100,
  /** Model calls per day (UTC), all threads. */
  callsPerDayMax: 10_000,
  /** Model calls per thread. */
  callsPerThreadMax: 8,
  /** Tokens per thread, in and out. */
  tokensPerThreadMax: 60_000,
  /** Tokens per day (UTC), all threads. */
  tokensPerDayMax: 500_000,
  /** Timeout of a model call. */
  modelMs: 60_000,
  /** Drafts of a signal before giving up. */
  draftsMax: 4,
  /** Time until an approval expires. */
  approvalMs: 24 * 3_600_000,
  /** Timeout of a graph node; backtests of a week take longest. */
  nodeMs: 30 * 60_000,
  /** Maximum wait for running steps on exit. */
  drainMs: 10_000,
  /** Actions processed concurrently. */
  actionsAtOnce: 4,
  /** Default maximum age of a fire to act on. */
  fireAgeMs: 3_600_000,
  /** Polling interval for decisions made elsewhere. */
  lookMs: 1_000,
  /** Failed graph runs before the policy's default applies. */
  runsMax: 3,
  /** Attempts to send an action, with doubling waits. */
  sendsMax: 12,
  /** First retry wait. */
  retryMs: 1_000,
  /** Maximum retry wait. */
  retryMsMax: 300_000,
  /** Timeout of a webhook. */
  webhookMs: 10_000,
  /** Maximum size of a webhook's body, bytes. */
  webhookBytesMax: 65_536,
  /** Maximum fires and trades in a prompt. */
  contextRecordsMax: 20,
  /** Maximum actions shown as waiting for approval. */
  waitingShownMax: 100,
  /** Lease duration; renewed at a third of it. */
  leaseMs: 15_000,
  /** Maximum characters of a request. */
  wordsCharactersMax: 2_000,
  /** Maximum characters of findings returned to the model. */
  findingsCharactersMax: 4_000,
} as const;
