import type { Connection, Session } from "../connection.ts";
import {
  errorFrame,
  HEARTBEAT_FRAME,
  instrumentFrame,
  type KrakenPair,
  type KrakenReply,
  pongFrame,
  statusFrame,
  successFrame,
  systemFrame,
} from "./frames.ts";
import type { KrakenTrader } from "./trader.ts";

/** Book depths that the venue offers. */
export const KRAKEN_DEPTHS: readonly number[] = [10, 25, 100, 500, 1000];

/** Market data channels with a symbol. */
export type KrakenChannel = "book" | "trade" | "ticker";

/** A client's subscription. */
export interface KrakenSubscription {
  session: KrakenSession;
  channel: KrakenChannel;
  symbol: string;
  /** Book depth; 0 for other channels. */
  depth: number;
  /** Event trigger of a ticker. */
  trigger: "trades" | "bbo";
  snapshot: boolean;
}

/** Source of the market data: the model or a capture. */
export interface KrakenFeed {
  nowUs(): number;
  pairs(): readonly KrakenPair[];
  /** Whether books of this depth are available for the symbol. */
  offersDepth(symbol: string, depth: number): boolean;
  /** Whether the data contains the reply to this subscription, so that none is sent. */
  acknowledges(channel: KrakenChannel, symbol: string): boolean;
  /** Starts the data; called after the reply. */
  subscribed(subscription: KrakenSubscription): void;
  unsubscribed(subscription: KrakenSubscription): void;
  /** Handler of the client's orders; undefined = no trading. */
  trader(connection: Connection): KrakenTrader | undefined;
}

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Protocol session of one client of Kraken's WebSocket v2. */
export class KrakenSession implements Session {
  readonly connection: Connection;
  #feed: KrakenFeed;
  #subscriptions = new Map<string, KrakenSubscription>();
  #heartbeats = false;
  readonly #trader: KrakenTrader | undefined;

  /** Sends the status frame. */
  constructor(connection: Connection, feed: KrakenFeed, connectionId: string) {
    this.connection = connection;
    this.#feed = feed;
    this.#trader = feed.trader(connection);
    connection.send(statusFrame(connectionId));
  }

  /** The client's subscriptions. */
  get subscriptions(): Iterable<KrakenSubscription> {
    return this.#subscriptions.values();
  }

  /** Subscription of a channel and symbol. */
  find(channel: string, symbol: string): KrakenSubscription | undefined {
    return this.#subscriptions.get(`${channel} ${symbol}`);
  }

  received(text: string): void {
    const reply: KrakenReply = {
      reqId: undefined,
      timeInUs: this.#feed.nowUs(),
      timeOutUs: this.#feed.nowUs() + 25,
    };
    let request: unknown;
    try {
      request = JSON.parse(text);
    } catch {
      return this.connection.send(errorFrame(reply, "Malformed request"));
    }
    if (!isFields(request)) return this.connection.send(errorFrame(reply, "Malformed request"));
    if (request.req_id !== undefined && !Number.isSafeInteger(request.req_id)) {
      return this.connection.send(errorFrame(reply, "Request ID field must be an integer"));
    }
    reply.reqId = request.req_id as number | undefined;
    if (typeof request.method === "string") reply.method = request.method;
    const { params } = request;
    if (isFields(params) && this.#trader?.received(params, reply)) return;
    this.#dispatch(request, reply);
  }

  #dispatch(request: Fields, reply: KrakenReply): void {
    switch (request.method) {
      case "ping":
        return this.connection.send(pongFrame(reply));
      case "subscribe":
      case "unsubscribe":
        return this.#change(request, reply);
      default:
        this.#refuse(
          reply,
          reply.method === undefined ? "Method field missing" : "Unsupported method",
        );
    }
  }

  #refuse(reply: KrakenReply, error: string, symbol?: string): void {
    this.connection.send(errorFrame(reply, error, symbol));
  }

  #change(request: Fields, reply: KrakenReply): void {
    const params = request.params;
    if (!isFields(params)) return this.#refuse(reply, "Params field missing");
    switch (params.channel) {
      case "instrument":
        return this.#instrument(params, reply);
      case "status":
      case "heartbeat":
        return this.#refuse(reply, "Subscription to this channel is automatic");
      case "book":
      case "trade":
      case "ticker":
        return this.#market(params.channel, params, reply);
      default:
        this.#refuse(
          reply,
          params.channel === undefined ? "Channel field missing" : "Unsupported channel",
        );
    }
  }

  #instrument(params: Fields, reply: KrakenReply): void {
    if (reply.method === "unsubscribe") {
      return this.connection.send(successFrame(reply, `{"channel":"instrument"}`));
    }
    const snapshot = params.snapshot !== false;
    this.connection.send(successFrame(
      reply,
      `{"channel":"instrument","snapshot":${snapshot},` +
        `"warnings":["tick_size is deprecated, use price_increment"]}`,
    ));
    if (snapshot) this.connection.send(instrumentFrame(this.#feed.pairs()));
    this.#heartbeats = true;
  }

  #market(channel: KrakenChannel, params: Fields, reply: KrakenReply): void {
    if (!Array.isArray(params.symbol)) return this.#refuse(reply, "Symbol field must be an array");
    if (params.symbol.length === 0) return this.#refuse(reply, "Symbol field is empty");
    const depth = channel === "book" ? params.depth ?? 10 : 0;
    if (channel === "book" && !KRAKEN_DEPTHS.includes(depth as number)) {
      return this.#refuse(reply, "Subscription depth not supported");
    }
    const trigger = params.event_trigger ?? "trades";
    if (trigger !== "trades" && trigger !== "bbo") {
      return this.#refuse(reply, "Event trigger not supported");
    }
    if (params.snapshot !== undefined && typeof params.snapshot !== "boolean") {
      return this.#refuse(reply, "Snapshot field must be a boolean");
    }
    const snapshot = params.snapshot ?? channel !== "trade";
    for (const symbol of params.symbol) {
      if (typeof symbol !== "string") {
        this.#refuse(reply, "Symbol field must be an array");
        continue;
      }
      const wanted = {
        session: this,
        channel,
        symbol,
        depth: depth as number,
        trigger,
        snapshot,
      } as const;
      if (reply.method === "subscribe") this.#subscribe(wanted, reply);
      else this.#unsubscribe(wanted, reply);
    }
  }

  #subscribe(wanted: KrakenSubscription, reply: KrakenReply): void {
    const { channel, symbol } = wanted;
    if (this.connection.refuses(symbol, channel)) {
      return this.#refuse(reply, "Exceeded msg rate", symbol);
    }
    if (!this.#feed.pairs().some((pair) => pair.symbol === symbol)) {
      return this.#refuse(reply, `Currency pair not supported ${symbol}`, symbol);
    }
    if (channel === "book" && !this.#feed.offersDepth(symbol, wanted.depth)) {
      return this.#refuse(reply, "Subscription depth not supported", symbol);
    }
    if (this.find(channel, symbol) !== undefined) {
      return this.#refuse(reply, "Already subscribed", symbol);
    }
    this.#subscriptions.set(`${channel} ${symbol}`, wanted);
    this.#heartbeats = true;
    if (!this.#feed.acknowledges(channel, symbol)) {
      const detail = channel === "book"
        ? `"depth":${wanted.depth},`
        : channel === "ticker"
        ? `"event_trigger":"${wanted.trigger}",`
        : "";
      this.connection.send(successFrame(
        reply,
        `{"channel":"${channel}",${detail}"snapshot":${wanted.snapshot},` +
          `"symbol":${JSON.stringify(symbol)}}`,
      ));
    }
    this.#feed.subscribed(wanted);
  }

  #unsubscribe(wanted: KrakenSubscription, reply: KrakenReply): void {
    const { channel, symbol, depth } = wanted;
    const there = this.find(channel, symbol);
    if (there === undefined || there.depth !== depth) {
      return this.#refuse(reply, "Subscription Not Found", symbol);
    }
    this.#subscriptions.delete(`${channel} ${symbol}`);
    this.#feed.unsubscribed(there);
    const detail = channel === "book" ? `"depth":${depth},` : "";
    this.connection.send(
      successFrame(reply, `{"channel":"${channel}",${detail}"symbol":${JSON.stringify(symbol)}}`),
    );
  }

  heartbeat(): void {
    if (this.#heartbeats) this.connection.sendData(HEARTBEAT_FRAME, "heartbeat");
  }

  overflow(): void {
    this.connection.terminate();
  }

  forget(): void {
    this.connection.send(systemFrame("maintenance"));
    this.closed();
    this.connection.send(systemFrame("online"));
  }

  closed(): void {
    this.#trader?.closed();
    for (const subscription of this.#subscriptions.values()) {
      this.#feed.unsubscribed(subscription);
    }
    this.#subscriptions.clear();
  }
}
