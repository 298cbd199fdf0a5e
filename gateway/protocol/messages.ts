import { GAP_CHANNELS, GAP_REASONS, STREAM_TYPES } from "@ssmd/market";
import { z } from "zod";
import { SLOW_POLICIES } from "./slow_policy.ts";
import { MODES, REQUEST_ID as id } from "./requests.ts";

/*
 * Messages that the gateway sends. AsyncAPI is generated from these schemas, and tests check sent
 * messages with them.
 */

const time = z.number().describe("Milliseconds since 1970 (UTC), decimals are microseconds");
const timeOrNull = time.nullable().describe("Milliseconds since 1970; null = not given");
const amount = z.number().nullable().describe("null = the venue did not say, which is not 0");
const levels = z.array(z.tuple([z.number(), z.number()])).describe("[price, size], best first");
const position = z.int().positive().describe(
  "Place in the bus's stream: rises, never repeats; give that of the last message as since",
);
const type = z.enum(STREAM_TYPES);
const mode = z.enum(MODES);
const policy = z.enum(SLOW_POLICIES);

const every = {
  symbol: z.string(),
  feed: z.string(),
  ts: timeOrNull.describe("The venue's own time, milliseconds since 1970; null = not given"),
  recv_ts: timeOrNull.describe("When it arrived here, milliseconds since 1970"),
  seq: z.int().describe("Counts one connection of the connector: it begins again, and is no since"),
  pos: position.optional(),
};
const state = {
  conflated: z.literal(true).optional().describe("The newest state, others may be left out"),
};

/** Records, by type. */
export const RECORDS = {
  enriched: z.looseObject({
    type: z.literal("enriched"),
    symbol: z.string(),
    feed: z.string(),
    time: time.describe("Milliseconds since 1970: since when these values hold"),
    valid: z.boolean().describe("Whether the book is known"),
    chain: z.string().describe("Version of the enrichers; their columns stand beside"),
    ...state,
  }),
  trade: z.strictObject({
    type: z.literal("trade"),
    ...every,
    ...state,
    price: z.number(),
    size: z.number(),
    side: z.enum(["buy", "sell", "unknown"]).describe("The taker's"),
    id: z.string().optional().describe("The venue's id of the trade"),
    order_type: z.enum(["limit", "market"]).optional().describe("The taker's, where it is said"),
    is_block_trade: z.literal(true).optional().describe("Negotiated outside of the book"),
    count: z.int().optional().describe("In a state: trades of the market since the start"),
  }),
  ticker: z.strictObject({
    type: z.literal("ticker"),
    ...every,
    ...state,
    bid_price: amount,
    bid_size: amount,
    ask_price: amount,
    ask_size: amount,
    last_price: amount,
    last_size: amount,
    volume_24h: amount,
    open_interest: amount,
    vwap_24h: z.number().optional().describe("Volume-weighted average price, where it is said"),
    trades_24h: z.int().optional(),
    low_24h: z.number().optional(),
    high_24h: z.number().optional(),
    volume_total: z.number().optional().describe("Contracts traded since the market opened"),
    dollar_volume: z.number().optional().describe("Dollars traded since the market opened"),
    dollar_open_interest: z.number().optional(),
  }),
  orderbook: z.strictObject({
    type: z.literal("orderbook"),
    kind: z.enum(["snapshot", "delta"]).describe("delta: sizes are absolute, 0 removes the price"),
    ...every,
    ...state,
    bids: levels,
    asks: levels,
    depth: z.int().describe("Levels a side; 0 = all"),
    checksum: z.enum(["verified", "unverified", "failed"]),
  }),
  status: z.strictObject({
    type: z.literal("status"),
    ...every,
    ...state,
    state: z.enum([
      ...["unknown", "open", "closed", "halted", "settled", "listed", "delisted"] as const,
      ...["disputed", "amended"] as const,
    ]).describe("unknown: not said, it is what it was"),
    result: z.string(),
    detail: z.string(),
    kind: z.enum(["terms", "notice", "maintenance", "emergency"]).optional()
      .describe("Absent: a step in the market's life. terms and notice leave the state as it was"),
    settlement_value: z.number().optional().describe("Paid for one contract, dollars"),
    open_at: time.optional().describe("When the market opens, milliseconds since 1970"),
    close_at: time.optional().describe("When trading ends, milliseconds since 1970"),
    price_level_structure: z.string().optional().describe("Name of the price grid"),
  }),
  gap: z.strictObject({
    type: z.literal("gap"),
    ...every,
    reason: z.enum(GAP_REASONS),
    channel: z.enum(GAP_CHANNELS)
      .describe("Which records are missing or suspect"),
    from: timeOrNull,
    to: timeOrNull.describe("null = it goes on"),
    missed: z.int().nullable().describe("null = not known how many"),
    recovered: z.boolean(),
    detail: z.string(),
  }),
  fire: z.strictObject({
    type: z.literal("fire"),
    ...every,
    signal: z.string().describe("The signal's id"),
    id: z.string().describe("The fire's: the same records give the same one"),
    version: z.int().describe("The signal's, as its author counts"),
    values: z.record(z.string(), z.unknown()).describe("What the signal says of this moment"),
    source_hash: z.string().describe("SHA-256 of the signal's source"),
    params_hash: z.string().describe("SHA-256 of its parameters"),
    cause_seq: z.int().describe("seq of the record that it fired on; 0 = there was none"),
    cause_recv_ts: timeOrNull.describe("When that arrived here"),
    engine: z.string(),
  }),
  action: z.strictObject({
    type: z.literal("action"),
    ...every,
    signal: z.string().describe("The signal's id"),
    id: z.string().describe("Of fire and policy: a repetition has the same one"),
    fire: z.string().describe("Id of the fire"),
    policy: z.string(),
    action: z.string().describe("Its name in the policy; none: nothing was to be done"),
    kind: z.string().describe("alert, log, webhook or trade_signal: a record, never an order"),
    state: z.string().describe("done, none, failed, rejected, expired, late or limited"),
    detail: z.record(z.string(), z.unknown()).describe("What the policy says of it"),
    chosen_by: z.string().describe("model, or default: the policy without a model's answer"),
    model: z.string().describe("A scripted one says so"),
    reason: z.string().describe("Words of the model, which nobody vouches for"),
    problem: z.string().describe("Why it was not done"),
    decided_by: z.string().describe("Who approved or rejected it"),
    values: z.record(z.string(), z.unknown()).describe("What the fire said"),
    fired_at: timeOrNull.describe("recv_ts of the fire"),
  }),
} as const;

/** Output of a transform for a record: one of text, json and base64, or the error. */
export const TRANSFORMED = {
  text: z.string().optional().describe("The output, where it is text"),
  json: z.unknown().optional().describe("Where it is an object, a list, a number or a truth value"),
  base64: z.string().optional().describe("Where it is bytes"),
  error: z.string().optional().describe("Why there is none: the transform threw, or was ended"),
} as const;

const listed = z.array(z.string());

/** Control messages by type. */
export const CONTROLS = {
  transformed: z.strictObject({
    type: z.literal("transformed"),
    transform: z.string().describe("Its name"),
    of: type.describe("Of a record of this type"),
    symbol: z.string(),
    feed: z.string(),
    seq: z.int().optional(),
    pos: position.optional(),
    ...TRANSFORMED,
  }),
  welcome: z.strictObject({
    type: z.literal("welcome"),
    protocol: z.int().describe("Version of this protocol"),
    server: z.string(),
    env: z.string(),
    feeds: listed,
    markets: z.int(),
    client: z.int().describe("The connection's number, as the administration knows it"),
    policy,
    buffer_bytes_max: z.int(),
    ping_ms: z.int().describe("How often the gateway pings"),
    ts: time,
  }),
  subscribed: z.strictObject({
    type: z.literal("subscribed"),
    symbols: listed,
    types: z.array(type),
    mode,
    interval_ms: z.number().optional(),
    policy,
    transform: z.string().optional().describe("The transform that records go through"),
    markets: z.int().describe("Markets that this covers now"),
    pending: listed.optional().describe("Books that are not known yet: their snapshots follow"),
    pending_count: z.int().optional(),
    withheld: listed.optional().describe(
      "Markets of which the key does not open all that was asked",
    ),
    withheld_count: z.int().optional(),
    recovered: z.boolean().optional().describe("With since: whether all that was missed follows"),
    reason: z.string().optional().describe("Why not"),
    from: position.optional().describe("The place behind which its records begin"),
    pos: position.optional(),
    id: id.optional(),
  }),
  resumed: z.strictObject({
    type: z.literal("resumed"),
    recovered: z.boolean().describe("false: the client was too slow, and some have left"),
    lost_from: position.optional().describe("Records behind this place are missing, up to pos"),
    count: z.int().describe("Records that were given of the past"),
    pos: position,
  }),
  unsubscribed: z.strictObject({
    type: z.literal("unsubscribed"),
    symbols: listed,
    types: z.array(type),
    markets: z.int().describe("Markets of which the client still gets anything"),
    id: id.optional(),
  }),
  snapshot: z.strictObject({
    type: z.literal("snapshot"),
    symbols: listed,
    types: z.array(type),
    markets: z.int(),
    pending: listed.optional(),
    pending_count: z.int().optional(),
    id: id.optional(),
  }),
  dropped: z.strictObject({
    type: z.literal("dropped"),
    count: z.int().positive(),
    since: time,
    until: time,
    types: z.partialRecord(type, z.int().positive()),
    policy,
    books: listed.optional().describe("Books that broke: do not use them before their snapshot"),
    books_count: z.int().optional(),
  }),
  notice: z.looseObject({
    type: z.literal("notice"),
    code: z.string(),
    message: z.string().optional(),
  }),
  pong: z.strictObject({
    type: z.literal("pong"),
    ts: time,
    pos: position.optional().describe("All up to this place was sent before, or told as dropped"),
    id: id.optional(),
  }),
  error: z.strictObject({
    type: z.literal("error"),
    code: z.string(),
    number: z.int(),
    message: z.string(),
    hint: z.string(),
    symbols: listed.optional(),
    id: id.optional(),
  }),
} as const;
