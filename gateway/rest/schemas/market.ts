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
      "`state_unknown_since`); `ended` = the market is settled or delisted and has none.",
  );

const OPEN_GAP = z.strictObject({
  reason: z.string(),
  channel: GAP_CHANNEL.describe("The type of record that is missing; `all` = every one."),
  from: TIME_OR_NULL,
  detail: z.string(),
}).nullable().describe("The gap that is open now, of the market or its whole feed.");

const SUMMARY = {
  symbol: z.string().describe("Our name."),
  feed: z.string(),
  external: z.string().nullable().describe("The venue's name."),
  type: z.enum(["spot", "prediction"]).nullable().describe("What is traded; null = not known."),
  state: MARKET_STATE.describe("`unknown` where steps of its life may be missed."),
  state_unknown_since: TIME_OR_NULL
    .describe("Since when its life was not seen; null = its state is the last that came."),
  last_price: NUMBER_OR_NULL,
  bid_price: NUMBER_OR_NULL,
  ask_price: NUMBER_OR_NULL,
  volume_24h: NUMBER_OR_NULL.describe("As the venue's ticker says; null = it does not."),
  updated: TIME_OR_NULL.describe("When the last record of this market came."),
  book: BOOK_STATE,
  gap: OPEN_GAP,
};

/** A market in a list. */
export const MARKET = named("Market", "A market in a list.", z.strictObject(SUMMARY));

const QUOTE = z.strictObject({ price: z.number(), size: NUMBER_OR_NULL }).nullable();

const PRICE = z.strictObject({
  bid: QUOTE,
  ask: QUOTE,
  mid: NUMBER_OR_NULL.describe("Half way between bid and ask."),
  spread: NUMBER_OR_NULL.describe("Ask less bid."),
  spread_bps: NUMBER_OR_NULL.describe("The spread in hundredths of a percent of the mid."),
  source: z.enum(["orderbook", "ticker"]).nullable().describe("Where bid and ask come from."),
  age_ms: NUMBER_OR_NULL.describe("Age of bid and ask."),
  last: z.strictObject({
    price: z.number(),
    size: NUMBER_OR_NULL,
    side: z.enum(["buy", "sell", "unknown"]).describe("The taker's."),
    ts: TIME_OR_NULL,
    age_ms: NUMBER_OR_NULL,
  }).nullable().describe("The last trade."),
});

const BOOK = z.strictObject({
  state: BOOK_STATE,
  best_bid: z.tuple([z.number(), z.number()]).nullable(),
  best_ask: z.tuple([z.number(), z.number()]).nullable(),
  mid: NUMBER_OR_NULL,
  bid_levels: z.int(),
  ask_levels: z.int(),
  bid_size: NUMBER_OR_NULL.describe("Sizes of the best ten bids together."),
  ask_size: NUMBER_OR_NULL.describe("Sizes of the best ten asks together."),
  imbalance: NUMBER_OR_NULL.describe("(bid_size − ask_size) / (bid_size + ask_size): −1 … 1."),
  crossed: z.boolean().describe("Whether the best bid is at or above the best ask."),
  depth: z.int().describe("Levels a side that the feed gives; 0 = all."),
  checksum: z.enum(["verified", "unverified", "failed"]),
  sequence: z.int(),
}).nullable().describe("null = not for this caller.");

const CONTRACT = z.strictObject({
  type: z.enum(["spot", "prediction"]).nullable(),
  venue: z.string().nullable().describe("The feed's name for people."),
  venue_symbol: z.string().nullable(),
  price_unit: z.string().describe("What prices are in."),
  price_step_seen: NUMBER_OR_NULL.describe("Smallest step in the prices seen: a tick at most."),
  size_step_seen: NUMBER_OR_NULL.describe("Smallest step in the sizes seen: a lot at most."),
  result: z.string().nullable().describe("How it was settled."),
  open_interest: NUMBER_OR_NULL,
});

const QUALITY = z.strictObject({
  state: z.enum(["live", "quiet", "stale", "suspect", "unconfirmed", "empty", "ended"]).describe(
    "`live`; `quiet` = this market rests while its feed goes on; `stale` = the whole feed is silent; " +
      "`suspect` = a gap is open or the book is not known; `empty` = nothing came yet; " +
      "`unconfirmed` = it may have ended unseen; `ended` = the market is settled or delisted.",
  ),
  age_ms: NUMBER_OR_NULL.describe("Since the last record of this market."),
  feed_age_ms: NUMBER_OR_NULL.describe("Since the last record of the whole feed."),
  lag_ms: NUMBER_OR_NULL.describe("From the venue's time to our receipt, of the newest record."),
  gap: OPEN_GAP,
  gaps_recent: z.int().describe("Gap records of this market and its feed that are in memory."),
  trades_seen: z.int().describe("Trades since the gateway started."),
});

/** Everything known about a market. */
export const MARKET_DETAILS = named(
  "MarketDetails",
  "All that is known of a market now. Prices of prediction markets are the price of YES in dollars.",
  z.strictObject({
    ...SUMMARY,
    as_of: TIME.describe("When this was written; ages count from here."),
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
    total: z.int().describe("Markets that fit the filters, on all pages."),
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
    suspect_since: TIME_OR_NULL.describe("Start of the gap that is open; null = none is."),
    checksum: z.enum(["verified", "unverified", "failed"]),
    ts: TIME_OR_NULL.describe("The venue's time."),
    recv_ts: TIME_OR_NULL.describe("Our time of receipt."),
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
    .describe("All that bring nothing; null for a caller that may not see all of the feed."),
  list: z.array(z.strictObject({
    symbol: z.string().describe("`_all` = of the whole feed."),
    channel: GAP_CHANNEL,
    why: z.string(),
    refused: z.boolean().describe("Whether the venue refused it."),
    since: TIME.describe("Since when its records are missing."),
    next_try: TIME_OR_NULL
      .describe("When it is asked for again; null = with the next connection."),
  })).describe("At most 100 of them, what was refused first."),
}).nullable().describe(
  "Ordered channels of markets that bring nothing now, as the connector says; null = it does not answer.",
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
      .describe("Since the gateway started; null for a caller that may not see all of the feed."),
    records_per_second: z.int().nullable(),
    updated: TIME_OR_NULL,
    connection: z.strictObject({
      state: z.enum(["connecting", "live", "silent", "disconnected"]).describe(
        "`connecting` = no record came yet; `silent` = no data for 30 s; `disconnected` = the " +
          "connection to the venue broke or was refused.",
      ),
      why: z.string().nullable().describe("Why it is disconnected, for a person."),
      since: TIME_OR_NULL,
      next_try: TIME_OR_NULL.describe("When a connection that is not open is tried next."),
    }).describe("The connection to the venue, as the records of the feed tell."),
    subscriptions: SUBSCRIPTIONS,
    shards: z.array(z.strictObject({
      shard: z.string(),
      answers: z.boolean().describe("Whether its connector answers: false = it is away."),
    })).describe(
      "Shards that capture the feed, each by processes of its own; empty where there are none, and " +
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
