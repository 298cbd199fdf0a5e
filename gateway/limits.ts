/** Limits of the gateway. */
export const GATEWAY_LIMITS = {
  /** Markets that are kept; records of further ones are counted as dropped (`markets_max`). */
  marketsMax: 50_000,
  /** Trades kept over all markets: each market's share shrinks as markets are added. */
  recentTradesTotalMax: 200_000,
  /** Trades a market that are kept even then. */
  recentTradesMin: 50,
  /** Book deltas a feed that wait for a snapshot; beyond it all are dropped and snapshots requested. */
  heldRecordsMax: 50_000,
  /** WebSocket clients at once, fewer where descriptors are few; a further one is refused with 503. */
  clientsMax: 10_000,
  /** Sockets at once, streams among them; beyond it the longest idle one makes room. */
  connectionsMax: 12_000,
  /** Descriptors that are left for files, the bus and the archive. */
  descriptorsReserved: 256,
  /** Sockets below which it is not worth to start. */
  connectionsMin: 64,
  /** Requests of one socket without an answer; beyond it the socket is cut. */
  pipelinedRequestsMax: 8,
  /** Wait for a socket to take its answer; then it is cut. */
  answerReadMs: 30_000,
  /** Bytes of answers that sockets did not take; beyond it the socket that waits longest is cut. */
  answersUnreadBytesMax: 16 * 1024 * 1024,
  /** Requests a second from one address without a key (bursts of five times as many); then 429. */
  keylessRequestsPerSecondMax: 1000,
  /** Addresses whose rate is remembered; the quietest leave. */
  keylessAddressesMax: 10_000,
  /** Interval of the gateway's own health check. */
  selfCheckEveryMs: 5_000,
  /** Timeout of the own health check. */
  selfCheckMs: 10_000,
  /** Answers missed in a row after which it counts as unresponsive. */
  selfCheckFailuresMax: 3,
  /** Largest frame from a client; beyond it the connection is closed with 1009. */
  clientFrameBytesMax: 64 * 1024,
  /** Requests a second from one client (bursts of twice as many); beyond it it is closed with 1008. */
  clientRequestsPerSecondMax: 100,
  /** Symbols in one request; beyond it the request is refused. */
  requestSymbolsMax: 1000,
  /** Symbols that one client may hold; beyond it a subscription is refused. */
  clientSymbolsMax: 2000,
  /** Starts of names (`KX*`) that one client may hold; beyond it a subscription is refused. */
  clientPrefixesMax: 100,
  /** Characters in a symbol or an id. */
  textCharactersMax: 256,
  /** Interval of looks at the files of the gateway's certificate. */
  tlsReloadEveryMs: 10_000,
  /** Interval of pings. */
  pingEveryMs: 15_000,
  /** Silence (no frame, no pong) after which a client counts as dead and is dropped. */
  deadAfterMs: 40_000,
  /** Wait of a snapshot request for the connector's answer. */
  snapshotRequestMs: 2_000,
  /** Wait for the other side of a closing handshake; then the socket is destroyed. */
  closeWaitMs: 1_000,
  /** Messages waiting for one client; from nine tenths of it on its policy decides. */
  clientBufferMessagesMax: 50_000,
  /** Dropping without an end after which a client is disconnected. */
  clientDroppingMsMax: 30_000,
  /** Ended connections that are listed; the oldest are removed. */
  clientHistoryMax: 1000,
  /** Newest records kept for clients that come back; the oldest leave. */
  recentRecordsMax: 100_000,
  /** Their bytes. */
  recentRecordsBytesMax: 64 * 1024 * 1024,
  /** Markets in one REST answer. */
  marketsPageMax: 5_000,
  /** Address and headers of a request; beyond it 431 and the connection is cut. */
  headerBytesMax: 16 * 1024,
  /** Characters of a request's address; beyond it 414. */
  urlCharactersMax: 4096,
  /** Bytes of a request's body; beyond it 413. */
  bodyBytesMax: 256 * 1024,
  /** Wait for the headers of a request; then 408 and the connection is cut. */
  headersMs: 10_000,
  /** Wait for a whole request; then 408 and the connection is cut. */
  requestMs: 30_000,
  /** Silence between two requests of a connection; then it is closed. */
  keepAliveMs: 15_000,
  /** Silence of a feed after which its figures count as stale, of a market as resting. */
  staleAfterMs: 30_000,
  /** Levels a side in one answer. */
  depthMax: 10_000,
  /** Trades and tickers that are kept at least this long, so that they reach into the archive. */
  historyKeptMs: 5 * 60_000,
  /** Newest trades and tickers a market that are kept however old they are. */
  historyRecordsMin: 1000,
  /** Trades and tickers over all markets; beyond it each keeps its share, the oldest leave. */
  historyRecordsTotalMax: 500_000,
  /** Candles of a minute a market that are kept up to date; older ones come from the archive. */
  liveCandlesMax: 1440,
  /** Total over all markets; the share of each shrinks with their number. */
  liveCandlesTotalMax: 500_000,
  /** Candles a market that are kept even then. */
  liveCandlesMin: 10,
  /** Newest gaps a feed in memory; older ones are in the archive's manifests. */
  recentGapsMax: 400,
  /** Records in one page of a history. */
  historyPageMax: 5_000,
  /** Longest span of one request for records or gaps. */
  historySpanDaysMax: 366,
  /** Default span of a page without `from`, days. */
  historySpanDaysDefault: 31,
  /** Time that one request reads in the archive; then the page ends with a cursor. */
  archiveReadMs: 2_000,
  /** Requests that read in the archive at the same time; further ones wait. */
  archiveReadsMax: 2,
  /** Requests that wait for that; a further one is refused with 503. */
  archiveReadsWaitingMax: 64,
  /** Bytes of archive files that one request fetches before their time. */
  archiveReadAheadBytesMax: 8 * 1024 * 1024,
  /** Cache time of today's manifest. */
  archiveOpenDayMs: 1_000,
  /** The same of a day that is over: only gaps and figures can change then. */
  archiveClosedDayMs: 60_000,
  /** Days whose figures are kept; the oldest leave. */
  archiveDaysKeptMax: 1_000,
  /** Time that one request for candles reads; then the answer ends with `next_from`. */
  candlesReadMs: 4_000,
  /** Candles of a minute of days and hours that are over, kept for the next request. */
  candlesCachedMax: 300_000,
  /** Time after its end at which a candle counts as complete. */
  candleSettledMs: 10_000,
  /** Cache time of the registry. */
  registryKeptMs: 5_000,
  /** Days of the registry that are kept; the oldest leave. */
  registryDaysKeptMax: 32,
  /** Candles in one answer. */
  candlesMax: 1_500,
  /** Longest span of books in one answer. */
  bookSpanMs: 86_400_000,
  /** Smallest answer that is packed: below it the headers cost more than is saved. */
  gzipBytesMin: 1400,
} as const;
