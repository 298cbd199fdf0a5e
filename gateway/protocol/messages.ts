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
const amount = z.number().nullable().describe("null = not given by the venue, which is not 0");
const levels = z.array(z.tuple([z.number(), z.number()])).describe("[price, size], best first");
const position = z.int().positive().describe(
  "Position in the bus's stream, increasing and unique; to resume, pass that of the last " +
    "message as since",
);
const type = z.enum(STREAM_TYPES);
const mode = z.enum(MODES);
const policy = z.enum(SLOW_POLICIES);

const every = {
  symbol: z.string(),
  feed: z.string(),
  ts: timeOrNull.describe("The venue's own time, milliseconds since 1970; null = not given"),
  recv_ts: timeOrNull.describe("Receive time, milliseconds since 1970"),
  seq: z.int().describe(
    "Sequence number within one connection of the connector; restarts with each connection, " +
      "and cannot be used as since",
  ),
  pos: position.optional(),
};
const state = {
  conflated: z.literal(true).optional().describe(
    "The latest state; intermediate states may be left out",
  ),
};

/** Records, by type. */
export const RECORDS = {
  enriched: z.looseObject({
    type: z.literal("enriched"),
    symbol: z.string(),
    feed: z.string(),
    time: time.describe("Time from which these values are valid, milliseconds since 1970"),
    valid: z.boolean().describe("Whether the book is known"),
    chain: z.string().describe("Version of the enrichers; their columns are further fields"),
    ...state,
  }),
  trade: z.strictObject({
    type: z.literal("trade"),
    ...every,
    ...state,
    price: z.number(),
    size: z.number(),
    side: z.enum(["buy", "sell", "unknown"]).describe("Side of the taker"),
    id: z.string().optional().describe("The venue's id of the trade"),
    order_type: z.enum(["limit", "market"]).optional().describe("Side of the taker, if known"),
    is_block_trade: z.literal(true).optional().describe("Negotiated outside of the book"),
    count: z.int().optional().describe(
      "In a state: number of trades of the market since the start",
    ),
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
    vwap_24h: z.number().optional().describe("Volume-weighted average price, if given"),
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
    depth: z.int().describe("Levels per side; 0 = all"),
    checksum: z.enum(["verified", "unverified", "failed"]),
  }),
  status: z.strictObject({
    type: z.literal("status"),
    ...every,
    ...state,
    state: z.enum([
      ...["unknown", "open", "closed", "halted", "settled", "listed", "delisted"] as const,
      ...["disputed", "amended"] as const,
    ]).describe("unknown: not given, so unchanged"),
    result: z.string(),
    detail: z.string(),
    kind: z.enum(["terms", "notice", "maintenance", "emergency"]).optional()
      .describe(
        "Life-cycle step of the market; absent: none. terms and notice do not change the state",
      ),
    settlement_value: z.number().optional().describe("Payout of one contract, dollars"),
    open_at: time.optional().describe("When the market opens, milliseconds since 1970"),
    close_at: time.optional().describe("When trading ends, milliseconds since 1970"),
    price_level_structure: z.string().optional().describe("Name of the price grid"),
  }),
  gap: z.strictObject({
    type: z.literal("gap"),
    ...every,
    reason: z.enum(GAP_REASONS),
    channel: z.enum(GAP_CHANNELS)
      .describe("Record types that are missing or suspect"),
    from: timeOrNull,
    to: timeOrNull.describe("null = still open"),
    missed: z.int().nullable().describe("null = unknown number"),
    recovered: z.boolean(),
    detail: z.string(),
  }),
  fire: z.strictObject({
    type: z.literal("fire"),
    ...every,
    signal: z.string().describe("Id of the signal"),
    id: z.string().describe("Id of the fire: the same records give the same id"),
    version: z.int().describe("Version of the signal, set by its author"),
    values: z.record(z.string(), z.unknown()).describe("Output of the signal at this moment"),
    source_hash: z.string().describe("SHA-256 of the signal's source"),
    params_hash: z.string().describe("SHA-256 of its parameters"),
    cause_seq: z.int().describe("seq of the record that it fired on; 0 = none"),
    cause_recv_ts: timeOrNull.describe("Receive time of that record"),
    engine: z.string(),
  }),
  action: z.strictObject({
    type: z.literal("action"),
    ...every,
    signal: z.string().describe("Id of the signal"),
    id: z.string().describe("Made from fire and policy: a repetition has the same id"),
    fire: z.string().describe("Id of the fire"),
    policy: z.string(),
    action: z.string().describe("Name of the action in the policy; none: no action"),
    kind: z.string().describe("alert, log, webhook or trade_signal: a record, never an order"),
    state: z.string().describe("done, none, failed, rejected, expired, late or limited"),
    detail: z.record(z.string(), z.unknown()).describe("Description from the policy"),
    chosen_by: z.string().describe(
      "model, or default: chosen by the policy without a model's answer",
    ),
    model: z.string().describe("Name of the model; a scripted one is marked as such"),
    reason: z.string().describe("Text of the model, not verified"),
    problem: z.string().describe("Why it was not done"),
    decided_by: z.string().describe("Who approved or rejected it"),
    values: z.record(z.string(), z.unknown()).describe("Output of the fire"),
    fired_at: timeOrNull.describe("recv_ts of the fire"),
  }),
} as const;

/** Output of a transform for a record: one of text, json and base64, or the error. */
export const TRANSFORMED = {
  text: z.string().optional().describe("Output of the transform, if it is text"),
  json: z.unknown().optional().describe("Output that is an object, a list, a number or a boolean"),
  base64: z.string().optional().describe("Output that is bytes"),
  error: z.string().optional().describe(
    "Why there is no output: the transform threw, or was stopped",
  ),
} as const;

const listed = z.array(z.string());

/** Control messages by type. */
export const CONTROLS = {
  transformed: z.strictObject({
    type: z.literal("transformed"),
    transform: z.string().describe("Name of the transform"),
    of: type.describe("Type of the input record"),
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
    client: z.int().describe("Number of the connection, as in the administration routes"),
    policy,
    buffer_bytes_max: z.int(),
    ping_ms: z.int().describe("Interval of the gateway's pings"),
    ts: time,
  }),
  subscribed: z.strictObject({
    type: z.literal("subscribed"),
    symbols: listed,
    types: z.array(type),
    mode,
    interval_ms: z.number().optional(),
    policy,
    transform: z.string().optional().describe("Transform that is applied to records"),
    markets: z.int().describe("Number of markets covered now"),
    pending: listed.optional().describe("Books that are not known yet: their snapshots follow"),
    pending_count: z.int().optional(),
    withheld: listed.optional().describe(
      "Markets for which the key allows only part of what was requested",
    ),
    withheld_count: z.int().optional(),
    recovered: z.boolean().optional().describe("With since: whether everything missed follows"),
    reason: z.string().optional().describe("Why not everything missed follows"),
    from: position.optional().describe("Position after which its records begin"),
    pos: position.optional(),
    id: id.optional(),
  }),
  resumed: z.strictObject({
    type: z.literal("resumed"),
    recovered: z.boolean().describe(
      "false: the client was too slow, and some records were left out",
    ),
    lost_from: position.optional().describe("Records after this position are missing, up to pos"),
    count: z.int().describe("Number of past records sent"),
    pos: position,
  }),
  unsubscribed: z.strictObject({
    type: z.literal("unsubscribed"),
    symbols: listed,
    types: z.array(type),
    markets: z.int().describe("Number of markets of which the client still receives something"),
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
    books: listed.optional().describe(
      "Books that became invalid: do not use them until their snapshot",
    ),
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
    pos: position.optional().describe(
      "Everything up to this position was sent, or reported as dropped",
    ),
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
