/**
 * Limits of everything that can grow, each with what happens beyond it. Names end with the unit.
 */
export const LIMITS = {
  /** Largest frame to normalize; a larger one is only kept in raw, counted and dead-lettered. */
  frameBytesMax: 16 * 1024 * 1024,
  /** Largest frame accepted from a socket; a larger one drops the connection (gap). */
  frameReceiveBytesMax: 128 * 1024 * 1024,
  /** Pause before written frames are synced with `durability: bus`. */
  spoolSyncPauseMs: 5,
  /** Spool size beyond which the oldest closed segments are dropped, with an error log. */
  spoolBytesMax: 8 * 1024 * 1024 * 1024,
  /** Messages sent but not acknowledged by the bus; beyond it the publisher waits. */
  publishInFlightMax: 4096,
  /** Encoded messages buffered in memory while the bus is down; more go to the overflow file. */
  publishQueueMessagesMax: 65_536,
  /** Record bytes of open archive windows (about 1/8 in memory); beyond it they are cut early. */
  archiveWindowBytesMax: 512 * 1024 * 1024,
  /** Out-of-order records of a day from the bus; beyond it they are dead-lettered. */
  lateRecordsMax: 200_000,
  /** Approximate bytes of keys and values in a memory cache; beyond it LRU eviction. */
  cacheBytesMax: 64 * 1024 * 1024,
  /** Consecutive failures of storage, cache or bus that open a circuit breaker. */
  circuitFailuresMax: 5,
  /** First pause of a circuit breaker before a trial; doubles each time. */
  circuitPauseMsFirst: 1_000,
  /** Longest pause of a circuit breaker. */
  circuitPauseMsMax: 10_000,
  /** Messages a memory consumer may lag; beyond it publishers wait. */
  memoryBacklogMax: 100_000,
  /** Bytes buffered per gateway client; beyond it messages are dropped and reported. */
  clientBufferBytesMax: 4 * 1024 * 1024,
  /** Trades kept in memory per symbol for REST and new clients; the oldest are dropped. */
  recentTradesMax: 1000,
} as const;
