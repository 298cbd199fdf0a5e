/** Limits of the gateway. */
export const GATEWAY_LIMITS = {
  /** Maximum number of markets; records of further ones are counted as dropped (`markets_max`). */
  marketsMax: 50_000,
  /** Trades kept over all markets: each market's share shrinks with their number. */
  recentTradesTotalMax: 200_000,
  /** Minimum number of trades kept per market. */
  recentTradesMin: 50,
  /** Book deltas per feed waiting for a snapshot; beyond it all go, and snapshots are requested. */
  heldRecordsMax: 50_000,
  /** Concurrent WebSocket clients, fewer when descriptors are scarce; a further one gets 503. */
  clientsMax: 10_000,
  /** Concurrent sockets including streams; beyond it the socket idle longest is evicted. */
  connectionsMax: 12_000,
  /** Descriptors reserved for files, the bus and the archive. */
  descriptorsReserved: 256,
  /** Minimum number of sockets needed to start. */
  connectionsMin: 64,
  /** Requests whose answers start in one turn of the event loop; further ones wait. */
  answersPerTurnMax: 16,
  /** Stream handshakes that start in one turn of the event loop; further ones wait. */
  handshakesPerTurnMax: 8,
  /** Share of all sockets that those of one address may be before their first good answer. */
  unprovenShareMax: 1 / 8,
  /** Sockets of one address that fail in a second; beyond it new ones of it are admitted slowly. */
  failedSocketsMax: 100,
  /** New sockets of such an address admitted per second. */
  slowSocketsPerSecond: 100,
  /** Interval at which they are admitted. */
  admitEveryMs: 20,
  /** A stream that ends sooner counts as a failed socket. */
  shortStreamMs: 1_000,
  /** Unanswered requests of one socket; beyond it the socket is cut. */
  pipelinedRequestsMax: 8,
  /** Time for a socket to read its answer; then it is cut. */
  answerReadMs: 30_000,
  /** Total bytes of unread answers; beyond it the socket that waits longest is cut. */
  answersUnreadBytesMax: 16 * 1024 * 1024,
  /** Requests a second from one address without a key (bursts of five times as many); then 429. */
  keylessRequestsPerSecondMax: 1000,
  /** Addresses whose rate is tracked; the least recently used is evicted. */
  keylessAddressesMax: 10_000,
  /** Interval of the gateway's own health check. */
  selfCheckEveryMs: 5_000,
  /** Timeout of the gateway's own health check. */
  selfCheckMs: 10_000,
  /** Consecutive failed checks after which the gateway counts as unresponsive. */
  selfCheckFailuresMax: 3,
  /** Largest frame from a client, bytes; beyond it the connection is closed with 1009. */
  clientFrameBytesMax: 64 * 1024,
  /** Requests a second from one client (bursts of twice as many); beyond it closed with 1008. */
  clientRequestsPerSecondMax: 100,
  /** Symbols in one request; beyond it the request is refused. */
  requestSymbolsMax: 1000,
  /** Symbols that one client may subscribe to; beyond it a subscription is refused. */
  clientSymbolsMax: 2000,
  /** Prefixes (`KX*`) that one client may subscribe to; beyond it a subscription is refused. */
  clientPrefixesMax: 100,
  /** Characters in a symbol or an id. */
  textCharactersMax: 256,
  /** Interval of checks for changed certificate files. */
  tlsReloadEveryMs: 10_000,
  /** Interval of pings. */
  pingEveryMs: 15_000,
  /** Silence (no frame, no pong) after which a client is disconnected. */
  deadAfterMs: 40_000,
  /** Timeout of a snapshot request to the connector. */
  snapshotRequestMs: 2_000,
  /** Wait for the peer's closing handshake; then the socket is destroyed. */
  closeWaitMs: 1_000,
  /** Messages buffered for one client; its policy applies from nine tenths of it. */
  clientBufferMessagesMax: 50_000,
  /** Time a client may drop without interruption; then it is disconnected. */
  clientDroppingMsMax: 30_000,
  /** Ended connections that are listed; the oldest are evicted. */
  clientHistoryMax: 1000,
  /** Newest records kept for clients that resume; the oldest are evicted. */
  recentRecordsMax: 100_000,
  /** Bytes of these records. */
  recentRecordsBytesMax: 64 * 1024 * 1024,
  /** Markets in one REST answer. */
  marketsPageMax: 5_000,
  /** Size of a request's target and headers; beyond it 431 and the connection is cut. */
  headerBytesMax: 16 * 1024,
  /** Characters of a request's target; beyond it 414. */
  urlCharactersMax: 4096,
  /** Bytes of a request's body; beyond it 413. */
  bodyBytesMax: 256 * 1024,
  /** Wait for the headers of a request; then 408 and the connection is cut. */
  headersMs: 10_000,
  /** Wait for a whole request; then 408 and the connection is cut. */
  requestMs: 30_000,
  /** Idle time of a connection between two requests; then it is closed. */
  keepAliveMs: 15_000,
  /** Silence after which a feed's figures count as stale, or a market as resting. */
  staleAfterMs: 30_000,
  /** Levels a side in one answer. */
  depthMax: 10_000,
  /** Minimum age up to which trades and tickers are kept, to overlap with the archive. */
  historyKeptMs: 5 * 60_000,
  /** Newest trades and tickers per market that are kept regardless of age. */
  historyRecordsMin: 1000,
  /** Trades and tickers over all markets; beyond it each market keeps its share, the oldest go. */
  historyRecordsTotalMax: 500_000,
  /** One-minute candles per market that are updated live; older ones come from the archive. */
  liveCandlesMax: 1440,
  /** Total over all markets; the share of each shrinks with their number. */
  liveCandlesTotalMax: 500_000,
  /** Minimum number of live candles per market. */
  liveCandlesMin: 10,
  /** Newest gaps per feed in memory; older ones are in the archive's manifests. */
  recentGapsMax: 400,
  /** Records in one page of a history. */
  historyPageMax: 5_000,
  /** Longest span of one request for records or gaps. */
  historySpanDaysMax: 366,
  /** Default span of a page without `from`, days. */
  historySpanDaysDefault: 31,
  /** Time one request may read the archive; then the page ends with a cursor. */
  archiveReadMs: 2_000,
  /** Concurrent requests that read the archive; further ones wait. */
  archiveReadsMax: 2,
  /** Requests that may wait for the archive; a further one gets 503. */
  archiveReadsWaitingMax: 64,
  /** Bytes of archive files that one request reads ahead. */
  archiveReadAheadBytesMax: 8 * 1024 * 1024,
  /** Cache time of today's manifest. */
  archiveOpenDayMs: 1_000,
  /** Cache time of a past day's manifest: only its gaps and figures can still change. */
  archiveClosedDayMs: 60_000,
  /** Cache time of the gaps that days before yesterday recorded, for the days that they reach into. */
  archivePastGapsMs: 600_000,
  /** Days whose figures are cached; the oldest are evicted. */
  archiveDaysKeptMax: 1_000,
  /** Time one request for candles may read; then the answer ends with `next_from`. */
  candlesReadMs: 4_000,
  /** One-minute candles of past days and hours that are cached. */
  candlesCachedMax: 300_000,
  /** Time after its end from which a candle counts as complete. */
  candleSettledMs: 10_000,
  /** Cache time of the registry. */
  registryKeptMs: 5_000,
  /** Days of the registry that are cached; the oldest are evicted. */
  registryDaysKeptMax: 32,
  /** Candles in one answer. */
  candlesMax: 1_500,
  /** Longest span of books in one answer. */
  bookSpanMs: 86_400_000,
  /** Smallest answer that is compressed: below it the headers cost more than compression saves. */
  gzipBytesMin: 1400,
} as const;
