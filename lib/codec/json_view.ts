import { APPENDED_FIELDS, type Level, type MarketEvent, nameOfRun } from "@ssmd/market";

/** A record as plain JSON: times as nanosecond text, absent numbers as null. */
type JsonView = Record<string, unknown>;

/**
 * Converts a record to JSON for people: `{type, symbol, feed, seq, run, connection, ts, recv_ts,
 * …}`. run, connection and seq identify it (null = unknown); `ts` and `recv_ts` are nanosecond text
 * (`"0"` = not given); levels are `[price, size]`. Appended fields are present only if given.
 */
export function toJson(event: MarketEvent): JsonView {
  return {
    type: event.type,
    symbol: event.symbol,
    feed: event.feed,
    seq: event.sequence,
    run: event.run === undefined ? null : nameOfRun(event.run),
    connection: event.connection ?? null,
    ts: nanosecondsOf(event.timestampUs),
    recv_ts: nanosecondsOf(event.receivedAtUs),
    ...figuresOf(event),
    ...appendedOf(event),
  };
}

/** Returns the appended fields of the record, times as nanosecond text. */
function appendedOf(event: MarketEvent): JsonView {
  const values: JsonView = { ...event };
  const view: JsonView = {};
  for (const [field, name] of Object.entries(APPENDED_FIELDS[event.type])) {
    const value = values[field];
    if (value === undefined) continue;
    view[name] = field.endsWith("Us") ? nanosecondsOf(value as number) : value;
  }
  return view;
}

/** Converts µs to exact nanosecond text. */
function nanosecondsOf(us: number): string {
  return us === 0 ? "0" : `${us}000`;
}

function figuresOf(event: MarketEvent): JsonView {
  switch (event.type) {
    case "trade":
      return { price: event.price, size: event.size, side: event.side, id: event.tradeId };
    case "ticker":
      return {
        bid_price: event.bidPrice,
        bid_size: event.bidSize,
        ask_price: event.askPrice,
        ask_size: event.askSize,
        last_price: event.lastPrice,
        last_size: event.lastSize,
        volume_24h: event.volume24h,
        open_interest: event.openInterest,
      };
    case "orderbook":
      return {
        kind: event.kind,
        bids: event.bids.map(pairOf),
        asks: event.asks.map(pairOf),
        depth: event.depth,
        checksum: event.checksum,
      };
    case "status":
      return { state: event.state, result: event.result, detail: event.detail };
    case "gap":
      return {
        reason: event.reason,
        from: nanosecondsOf(event.fromUs),
        to: nanosecondsOf(event.toUs),
        missed: event.missed,
        recovered: event.recovered,
        detail: event.detail,
        channel: event.channel,
      };
    case "fire":
      return {
        id: event.id,
        signal: event.signal,
        version: event.version,
        source_hash: event.sourceHash,
        params_hash: event.paramsHash,
        cause_seq: event.causeSequence,
        cause_recv_ts: nanosecondsOf(event.causeReceivedAtUs),
        values: event.values,
        engine: event.engine,
      };
    case "action":
      return {
        id: event.id,
        fire: event.fireId,
        fired_at: nanosecondsOf(event.firedAtUs),
        signal: event.signal,
        policy: event.policy,
        action: event.action,
        kind: event.kind,
        detail: event.detail,
        state: event.state,
        chosen_by: event.chosenBy,
        model: event.model,
        reason: event.reason,
        problem: event.problem,
        decided_by: event.decidedBy,
        values: event.values,
      };
  }
}

function pairOf({ price, size }: Level): [number, number] {
  return [price, size];
}
