/** What must be known of a market to read and build its book. */
export interface Instrument {
  /** Our name (`BTCUSD`). */
  symbol: string;
  /** The venue's name (`BTC/USD`). */
  external: string;
  /** The feed's id. */
  feed: string;
  /** Digits after the point of a price step. */
  priceDecimals: number;
  /** Digits after the point of a size step (lot). */
  sizeDecimals: number;
}
