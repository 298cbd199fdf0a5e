/** What may grow in the gateway, and what happens at the limit. Units stand last in the name. */
export const GATEWAY_LIMITS = {
  /** Markets that are kept; records of further ones are counted as dropped (`markets_max`). */
  marketsMax: 50_000,
  /** Trades kept over all markets: each market's share shrinks as markets are added. */
  recentTradesTotalMax: 200_000,
  /** Trades a market that are kept even then. */
  recentTradesMin: 50,
  /** Book changes a feed that wait for a snapshot; beyond it all are let go and it is asked anew. */
  heldRecordsMax: 50_000,
  /** WebSocket clients at once; a further one is refused with 503. */
  clientsMax: 10_000,
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
  /** How often a client is pinged. */
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
  /** Connections that ended and are still told about; the oldest leave. */
  clientHistoryMax: 1000,
  /** Newest records kept for clients that come back; the oldest leave. */
  recentRecordsMax: 100_000,
  /** Their bytes. */
  recentRecordsBytesMax: 64 * 1024 * 1024,
  /** Markets in one REST answer. */
  marketsPageMax: 5_000,
} as const;
