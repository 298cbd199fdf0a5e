import { EVENT_TYPES } from "@ssmd/market";
import { z } from "zod";
import { RECORDS } from "../../protocol/messages.ts";
import {
  GAP_CHANNEL,
  HINTS,
  LEVELS,
  LINKS,
  NEXT,
  NUMBER_OR_NULL,
  TIME,
  TIME_OR_NULL,
} from "./common.ts";
import { named } from "../../http/named.ts";

/** Life cycle of a market. */
export const MARKET_STATE = RECORDS.status.shape.state;

/** Whether a book is known to equal the venue's. */
const BOOK_STATE = z.enum(["pending", "live", "unconfirmed", "ended"])
  .describe(
    "`live` = known to be the venue's book; `pending` = not known, waiting for a snapshot; " +
      "`unconfirmed` = it has no orders and the market may have ended unseen (see " +
      "`state_unknown_since`); `ended` = the market is settled or delisted and has no book.",
  );

const OPEN_GAP = z.strictObject({
  reason: z.string(),
  channel: GAP_CHANNEL.describe("Type of the missing records; `all` = every type."),
  from: TIME_OR_NULL,
  detail: z.string(),
}).nullable().describe("Open gap of the market or its whole feed.");

const SUMMARY = {
  symbol: z.string().describe("Our name of the market."),
  feed: z.string(),
  external: z.string().nullable().describe("The venue's name of the market."),
  type: z.enum(["spot", "prediction"]).nullable().describe("What is traded; null = unknown."),
  state: MARKET_STATE.describe("`unknown` if life-cycle steps may have been missed."),
  state_unknown_since: TIME_OR_NULL
    .describe(
      "Time from which its life cycle was not observed; null = its state is the last one " +
        "received.",
    ),
  last_price: NUMBER_OR_NULL,
  bid_price: NUMBER_OR_NULL,
  ask_price: NUMBER_OR_NULL,
  volume_24h: NUMBER_OR_NULL.describe("From the venue's ticker; null = not given."),
  updated: TIME_OR_NULL.describe("Receive time of its last record that the caller may see."),
  book: BOOK_STATE.nullable().describe("State of its book; null = the caller may not see it."),
  gap: OPEN_GAP,
};

/** A market in a list. */
export const MARKET = named("Market", "A market in a list.", z.strictObject(SUMMARY));

const QUOTE = z.strictObject({ price: z.number(), size: NUMBER_OR_NULL }).nullable();

const PRICE = z.strictObject({
  bid: QUOTE,
  ask: QUOTE,
  mid: NUMBER_OR_NULL.describe("Midpoint of bid and ask."),
  spread: NUMBER_OR_NULL.describe("Ask minus bid."),
  spread_bps: NUMBER_OR_NULL.describe("Spread in hundredths of a percent of the mid."),
  source: z.enum(["orderbook", "ticker"]).nullable().describe("Source of bid and ask."),
  age_ms: NUMBER_OR_NULL.describe("Age of bid and ask."),
  last: z.strictObject({
    price: z.number(),
    size: NUMBER_OR_NULL,
    side: z.enum(["buy", "sell", "unknown"]).describe("Side of the taker."),
    ts: TIME_OR_NULL,
    age_ms: NUMBER_OR_NULL,
  }).nullable().describe("Last trade."),
});

const BOOK = z.strictObject({
  state: BOOK_STATE,
  best_bid: z.tuple([z.number(), z.number()]).nullable(),
  best_ask: z.tuple([z.number(), z.number()]).nullable(),
  mid: NUMBER_OR_NULL,
  bid_levels: z.int(),
  ask_levels: z.int(),
  bid_size: NUMBER_OR_NULL.describe("Sum of the sizes of the best ten bids."),
  ask_size: NUMBER_OR_NULL.describe("Sum of the sizes of the best ten asks."),
  imbalance: NUMBER_OR_NULL.describe("(bid_size − ask_size) / (bid_size + ask_size): −1 … 1."),
  crossed: z.boolean().describe("Whether the best bid is at or above the best ask."),
  depth: z.int().describe("Levels per side in the feed; 0 = all."),
  checksum: z.enum(["verified", "unverified", "failed"]),
  sequence: z.int(),
}).nullable().describe("null = not visible to this caller.");

const CONTRACT = z.strictObject({
  type: z.enum(["spot", "prediction"]).nullable(),
  venue: z.string().nullable().describe("Display name of the feed."),
  venue_symbol: z.string().nullable(),
  price_unit: z.string().describe("Currency or unit of prices."),
  price_step_seen: NUMBER_OR_NULL.describe(
    "Smallest step in the prices seen: an upper bound of the tick size.",
  ),
  size_step_seen: NUMBER_OR_NULL.describe(
    "Smallest step in the sizes seen: an upper bound of the lot size.",
  ),
  result: z.string().nullable().describe("Result of the settlement."),
  open_interest: NUMBER_OR_NULL,
});

const QUALITY = z.strictObject({
  state: z.enum(["live", "quiet", "stale", "suspect", "unconfirmed", "empty", "ended"]).describe(
    "`live`; `quiet` = no records of this market while its feed continues; `stale` = no " +
      "records of the whole feed; `suspect` = a gap is open or the book is not known; `empty` " +
      "= no records yet; `unconfirmed` = it may have ended unseen; `ended` = the market is " +
      "settled or delisted.",
  ),
  age_ms: NUMBER_OR_NULL.describe("Time since the last record of this market."),
  feed_age_ms: NUMBER_OR_NULL.describe("Time since the last record of the whole feed."),
  lag_ms: NUMBER_OR_NULL.describe(
    "Delay of the newest record from the venue's time to our receipt.",
  ),
  gap: OPEN_GAP,
  gaps_recent: z.int().describe("Gap records of this market and its feed in memory."),
  trades_seen: z.int().describe("Trades since the gateway started."),
});

/** Everything known about a market. */
export const MARKET_DETAILS = named(
  "MarketDetails",
  "All that is known of a market now. Prices of prediction markets are the price of YES in dollars.",
  z.strictObject({
    ...SUMMARY,
    as_of: TIME.describe("Time of this answer; ages are relative to it."),
    open_interest: NUMBER_OR_NULL,
    result: z.string().nullable(),
    trades_seen: z.int(),
    price: PRICE,
    order_book: BOOK,
    contract: CONTRACT,
    quality: QUALITY,
    _links: LINKS,
    _hints: HINTS,
  }),
);

/** Type of market details. */
export type MarketDetails = z.output<typeof MARKET_DETAILS>;

/** A page of markets. */
export const MARKET_LIST = named(
  "MarketList",
  "Markets, a page of them.",
  z.strictObject({
    markets: z.array(MARKET),
    total: z.int().describe("Markets that match the filters, on all pages."),
    next: NEXT,
    _links: LINKS,
  }),
);

/** An order book up to a depth. */
export const ORDER_BOOK = named(
  "OrderBook",
  "The order book as of its last record.",
  z.strictObject({
    symbol: z.string(),
    feed: z.string(),
    bids: LEVELS,
    asks: LEVELS,
    state: BOOK_STATE,
    suspect_since: TIME_OR_NULL.describe("Start of the open gap; null = none."),
    checksum: z.enum(["verified", "unverified", "failed"]),
    ts: TIME_OR_NULL.describe("The venue's time."),
    recv_ts: TIME_OR_NULL.describe("Our receive time."),
    seq: z.int(),
  }),
);

/** A row of the enrichers. */
export const ENRICHED = named(
  "Enriched",
  "Values of the environment's enrichers; those of its columns stand beside.",
  RECORDS.enriched.omit({ conflated: true }),
);

const SUBSCRIPTIONS = z.strictObject({
  away: z.int().nullable()
    .describe("Total number; null for a caller that may not see all of the feed."),
  list: z.array(z.strictObject({
    symbol: z.string().describe("`_all` = the whole feed."),
    channel: GAP_CHANNEL,
    why: z.string(),
    refused: z.boolean().describe("Whether the venue refused it."),
    since: TIME.describe("Time from which its records are missing."),
    next_try: TIME_OR_NULL
      .describe("Time of the next attempt; null = with the next connection."),
  })).describe("At most 100 of them, refused ones first."),
}).nullable().describe(
  "Requested channels of markets that currently deliver nothing, as reported by the " +
    "connector; null = it does not answer.",
);

/** A feed's health. */
export const FEED_HEALTH = named(
  "Feed",
  "A feed and how it is.",
  z.strictObject({
    feed: z.string(),
    markets: z.int(),
    books_pending: z.int().describe("Books that wait for a snapshot."),
    records: z.int().nullable()
      .describe(
        "Count since the gateway started; null for a caller that may not see all of the feed.",
      ),
    records_per_second: z.int().nullable(),
    updated: TIME_OR_NULL,
    connection: z.strictObject({
      state: z.enum(["connecting", "live", "silent", "disconnected"]).describe(
        "`connecting` = no record yet; `silent` = no data for 30 s; `disconnected` = the " +
          "connection to the venue broke or was refused.",
      ),
      why: z.string().nullable().describe("Reason of the disconnection, for a person."),
      since: TIME_OR_NULL,
      next_try: TIME_OR_NULL.describe("Time of the next connection attempt, if not connected."),
    }).describe("Connection to the venue, according to the feed's records."),
    subscriptions: SUBSCRIPTIONS,
    shards: z.array(z.strictObject({
      shard: z.string(),
      answers: z.boolean().describe("Whether its connector answers; false = it is down."),
    })).describe(
      "Shards that capture the feed, each with its own processes; empty if there are none, and " +
        "for a caller that may not see all of the feed.",
    ),
    gap: OPEN_GAP,
  }),
);

/** All feeds. */
export const FEED_LIST = named(
  "FeedList",
  "All feeds.",
  z.strictObject({ feeds: z.array(FEED_HEALTH) }),
);

/** Names of markets, without prices. */
export const SYMBOL_LIST = named(
  "SymbolList",
  "Names of markets: ours, and the venue's.",
  z.strictObject({
    symbols: z.array(z.strictObject({
      symbol: z.string(),
      feed: z.string(),
      external: z.string().nullable(),
      type: z.enum(["spot", "prediction"]).nullable(),
      types: z.array(z.enum(EVENT_TYPES))
        .describe("Record types that this caller may see."),
    })),
    total: z.int(),
    next: NEXT,
  }),
);
