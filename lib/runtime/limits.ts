/**
 * Everything that can grow has a named limit; beside it stands what happens there.
 * Units stand last in the name.
 */
export const LIMITS = {
  /** Largest frame that is normalized; a larger one is kept in raw, counted and dead-lettered. */
  frameBytesMax: 16 * 1024 * 1024,
  /** Largest frame that is accepted from a socket; beyond it the connection is dropped (gap). */
  frameReceiveBytesMax: 128 * 1024 * 1024,
  /** Longest wait of a frame for its group's fdatasync. */
  spoolGroupMsMax: 5,
  /** Bytes in a spool before the oldest closed segments are dropped, loudly. */
  spoolBytesMax: 8 * 1024 * 1024 * 1024,
  /** Messages sent and not yet acknowledged by the bus; then the publisher waits. */
  publishInFlightMax: 4096,
  /** Encoded messages in memory while the bus is away; then they go to the outbox on disk. */
  publishQueueMessagesMax: 65_536,
  /** Record bytes of open archive windows (about an eighth in memory); then they are cut early. */
  archiveWindowBytesMax: 512 * 1024 * 1024,
  /** Records of a day that the bus got behind later ones; beyond it they are dead-lettered. */
  lateRecordsMax: 200_000,
  /** Keys and values of a memory cache, about; then the least recently used leave. */
  cacheBytesMax: 64 * 1024 * 1024,
  /** Failures in a row of storage, cache or bus; then a circuit breaker refuses calls at once. */
  circuitFailuresMax: 5,
  /** First pause of a circuit breaker before a trial; each is twice the one before. */
  circuitPauseMsFirst: 1_000,
  /** Longest pause of a circuit breaker. */
  circuitPauseMsMax: 10_000,
  /** Messages that a memory consumer may lag; then publishers wait. */
  memoryBacklogMax: 100_000,
  /** Bytes waiting for one gateway client; beyond it the client drops messages and is told. */
  clientBufferBytesMax: 4 * 1024 * 1024,
  /** Trades kept in memory a symbol for REST and new clients; the oldest leave. */
  recentTradesMax: 1000,
} as const;
