import { APPENDED_FIELDS } from "@ssmd/market";
import type {
  Action,
  Fire,
  Gap,
  Level,
  MarketEvent,
  OrderBookUpdate,
  Status,
  Ticker,
  Trade,
} from "@ssmd/market";

/** Converts µs to ms with decimals; 0, which means not given, to null. */
export function msOfUs(us: number): number | null {
  return us === 0 ? null : us / 1000;
}

/** Formats levels as `[[price,size],…]`. */
function levelsJson(levels: readonly Level[]): string {
  let text = "[";
  for (let i = 0; i < levels.length; i++) {
    const level = levels[i] as Level;
    text += i === 0 ? `[${level.price},${level.size}]` : `,[${level.price},${level.size}]`;
  }
  return text + "]";
}

/** Returns the members that follow the type in each message of a symbol. */
export function jsonPrefix(symbol: string, feed: string): string {
  return `"symbol":${JSON.stringify(symbol)},"feed":${JSON.stringify(feed)}`;
}

function jsonSuffix(event: MarketEvent, extra: string): string {
  return `"ts":${msOfUs(event.timestampUs)},"recv_ts":${
    msOfUs(event.receivedAtUs)
  },"seq":${event.sequence}${extra}`;
}

/** Rarely given fields: present only when given, after all others. */
const APPENDED = {
  trade: Object.entries(APPENDED_FIELDS.trade),
  ticker: Object.entries(APPENDED_FIELDS.ticker),
  status: Object.entries(APPENDED_FIELDS.status),
} satisfies Record<string, [string, string][]>;

function appendedJson(event: Trade | Ticker | Status): string {
  const values = event as unknown as Record<string, number | string | boolean | undefined>;
  const fields = APPENDED[event.type];
  let text = "";
  for (let i = 0; i < fields.length; i++) {
    const [field, name] = fields[i] as [string, string];
    const value = values[field];
    if (value === undefined) continue;
    const shown = typeof value === "number" && field.endsWith("Us") ? msOfUs(value) : value;
    text += `,"${name}":${typeof shown === "string" ? JSON.stringify(shown) : shown}`;
  }
  return text;
}

function tradeJson(event: Trade, prefix: string, extra: string): string {
  const id = event.tradeId === "" ? "" : `,"id":${JSON.stringify(event.tradeId)}`;
  return `{"type":"trade",${prefix},"price":${event.price},"size":${event.size},"side":"${event.side}",${
    jsonSuffix(event, extra)
  }${id}${appendedJson(event)}}`;
}

function tickerJson(event: Ticker, prefix: string, extra: string): string {
  return `{"type":"ticker",${prefix},"bid_price":${event.bidPrice},"bid_size":${event.bidSize},"ask_price":${event.askPrice},"ask_size":${event.askSize},"last_price":${event.lastPrice},"last_size":${event.lastSize},"volume_24h":${event.volume24h},"open_interest":${event.openInterest},${
    jsonSuffix(event, extra)
  }${appendedJson(event)}}`;
}

function bookJson(event: OrderBookUpdate, prefix: string, extra: string): string {
  return `{"type":"orderbook","kind":"${event.kind}",${prefix},"bids":${
    levelsJson(event.bids)
  },"asks":${levelsJson(event.asks)},"depth":${event.depth},"checksum":"${event.checksum}",${
    jsonSuffix(event, extra)
  }}`;
}

function statusJson(event: Status, prefix: string, extra: string): string {
  return `{"type":"status",${prefix},"state":"${event.state}","result":${
    JSON.stringify(event.result)
  },"detail":${JSON.stringify(event.detail)},${jsonSuffix(event, extra)}${appendedJson(event)}}`;
}

function gapJson(event: Gap, prefix: string, extra: string): string {
  return `{"type":"gap",${prefix},"reason":"${event.reason}","channel":"${event.channel}","from":${
    msOfUs(event.fromUs)
  },"to":${msOfUs(event.toUs)},"missed":${event.missed},"recovered":${event.recovered},"detail":${
    JSON.stringify(event.detail)
  },${jsonSuffix(event, extra)}}`;
}

/** `values` is already JSON. */
function fireJson(event: Fire, prefix: string, extra: string): string {
  return `{"type":"fire",${prefix},"signal":${
    JSON.stringify(event.signal)
  },"id":"${event.id}","version":${event.version},"values":${
    event.values || "{}"
  },"source_hash":"${event.sourceHash}","params_hash":"${event.paramsHash}","cause_seq":${event.causeSequence},"cause_recv_ts":${
    msOfUs(event.causeReceivedAtUs)
  },"engine":${JSON.stringify(event.engine)},${jsonSuffix(event, extra)}}`;
}

/** `detail` and `values` are already JSON. */
function actionJson(event: Action, prefix: string, extra: string): string {
  const { id, signal, policy, action, kind, state, model, reason, problem } = event;
  const plain = { signal, id, fire: event.fireId, policy, action, kind, state };
  const said = { chosen_by: event.chosenBy, model, reason, problem, decided_by: event.decidedBy };
  return `{"type":"action",${prefix},${membersOf(plain)},"detail":${event.detail || "{}"},${
    membersOf(said)
  },"values":${event.values || "{}"},"fired_at":${msOfUs(event.firedAtUs)},${
    jsonSuffix(event, extra)
  }}`;
}

function membersOf(values: Readonly<Record<string, string>>): string {
  return JSON.stringify(values).slice(1, -1);
}

/**
 * Formats a record as client protocol JSON. `prefix` is the {@linkcode jsonPrefix} of its symbol,
 * `extra` further members with a leading comma (`,"pos":4711`).
 */
export function recordJson(event: MarketEvent, prefix: string, extra = ""): string {
  switch (event.type) {
    case "trade":
      return tradeJson(event, prefix, extra);
    case "ticker":
      return tickerJson(event, prefix, extra);
    case "orderbook":
      return bookJson(event, prefix, extra);
    case "status":
      return statusJson(event, prefix, extra);
    case "gap":
      return gapJson(event, prefix, extra);
    case "fire":
      return fireJson(event, prefix, extra);
    case "action":
      return actionJson(event, prefix, extra);
  }
}
