import type { Connection, Session } from "../connection.ts";
import type { FrameKind } from "../faults.ts";
import {
  type KalshiErrorCode,
  kalshiErrorFrame,
  okFrame,
  subscribedFrame,
  unsubscribedFrame,
} from "./frames.ts";
import { KalshiSubscription, shardRefusal } from "./subscription.ts";

/** Channels of market data. */
const KALSHI_CHANNELS = [
  "orderbook_delta",
  "ticker",
  "trade",
  "market_lifecycle_v2",
] as const;
/** Frame kinds of channels that take markets. */
const CHANNEL_KINDS: ReadonlyMap<string, FrameKind> = new Map([
  ["orderbook_delta", "book"],
  ["ticker", "ticker"],
  ["trade", "trade"],
]);
/** Account channels; served by the model, silent in a capture. */
const ACCOUNT_CHANNELS: readonly string[] = ["fill", "market_positions", "user_orders"];
/** Channels that are accepted, but silent. */
const MUTE_CHANNELS: readonly string[] = [
  "multivariate_market_lifecycle",
  "order_group_updates",
  "communications",
];

/** Source of the market data: the model or a capture. */
export interface KalshiFeed {
  /** Whether the data contains the reply to this subscription, so that none is sent. */
  acknowledges(channel: string): boolean;
  /** First sid available for clients. */
  sidsFrom(): number;
  /** Sid in the channel's data; undefined = any. */
  sidOf(channel: string): number | undefined;
  /** Starts the data; called after the replies to the whole command. */
  subscribed(subscription: KalshiSubscription): void;
  /** Handles changed markets; sends snapshots of the added ones. */
  changed(subscription: KalshiSubscription, added: readonly string[]): void;
  /** Sends requested snapshots. */
  snapshots(subscription: KalshiSubscription, tickers: readonly string[]): void;
  unsubscribed(subscription: KalshiSubscription): void;
  /** Whether requests about the subscription stay unanswered. */
  mute(subscription: KalshiSubscription): boolean;
}

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** List of texts under `many` or the single one under `one`; null = neither, undefined = malformed. */
function textList(params: Fields, many: string, one: string): string[] | null | undefined {
  const list = params[many] ?? (params[one] === undefined ? null : [params[one]]);
  if (list === null) return null;
  if (!Array.isArray(list) || list.some((item) => typeof item !== "string" || item === "")) {
    return undefined;
  }
  return list as string[];
}

/** Protocol session of one client of Kalshi's WebSocket. */
export class KalshiSession implements Session {
  readonly connection: Connection;
  #feed: KalshiFeed;
  #subscriptions = new Set<KalshiSubscription>();
  #nextSid: number;

  constructor(connection: Connection, feed: KalshiFeed) {
    this.connection = connection;
    this.#feed = feed;
    this.#nextSid = feed.sidsFrom();
  }

  /** The client's subscriptions. */
  get subscriptions(): Iterable<KalshiSubscription> {
    return this.#subscriptions;
  }

  received(text: string): void {
    let command: unknown;
    try {
      command = JSON.parse(text);
    } catch {
      return this.#refuse(1, 0);
    }
    if (!isFields(command)) return this.#refuse(1, 0);
    const id = command.id ?? 0;
    if (!Number.isSafeInteger(id) || (id as number) < 0) return this.#refuse(1, 0);
    this.#dispatch(command, id as number);
  }

  #refuse(code: KalshiErrorCode, id: number, subscription?: KalshiSubscription): void {
    this.connection.send(kalshiErrorFrame(code, id, subscription?.nextNumber()));
  }

  #dispatch(command: Fields, id: number): void {
    if (command.cmd === "list_subscriptions") return this.#list(id);
    const known = ["subscribe", "unsubscribe", "update_subscription"];
    if (!known.includes(command.cmd as string)) return this.#refuse(5, id);
    const params = command.params;
    if (!isFields(params)) return this.#refuse(2, id);
    if (command.cmd === "subscribe") this.#subscribe(params, id);
    else if (command.cmd === "unsubscribe") this.#unsubscribe(params, id);
    else this.#update(params, id);
  }

  #list(id: number): void {
    const list = [...this.#subscriptions].map(({ channel, sid }) => ({ channel, sid }));
    this.connection.send(`{"id":${id},"type":"ok","msg":${JSON.stringify(list)}}`);
  }

  #subscribe(params: Fields, id: number): void {
    const channels = textList(params, "channels", "channel");
    if (channels === undefined) return this.#refuse(11, id);
    if (channels === null || channels.length === 0) return this.#refuse(3, id);
    const tickers = textList(params, "market_tickers", "market_ticker");
    if (tickers === undefined) return this.#refuse(11, id);
    const shard = shardRefusal(params);
    if (shard !== undefined) return this.#refuse(shard, id);
    const granted: KalshiSubscription[] = [];
    for (const channel of channels) {
      const subscription = this.#grant(channel, tickers, { params, id });
      if (subscription !== undefined) granted.push(subscription);
    }
    for (const subscription of granted) this.#feed.subscribed(subscription);
  }

  #grant(
    channel: string,
    tickers: string[] | null,
    { params, id }: { params: Fields; id: number },
  ): KalshiSubscription | undefined {
    const market = (KALSHI_CHANNELS as readonly string[]).includes(channel);
    if (!market && !ACCOUNT_CHANNELS.includes(channel) && !MUTE_CHANNELS.includes(channel)) {
      this.#refuse(8, id);
      return undefined;
    }
    if (channel === "orderbook_delta" && (tickers === null || tickers.length === 0)) {
      this.#refuse(14, id);
      return undefined;
    }
    const kind = CHANNEL_KINDS.get(channel);
    const isRefused = kind !== undefined &&
      tickers?.some((ticker) => this.connection.refuses(ticker, kind));
    if (isRefused) {
      this.#refuse(27, id);
      return undefined;
    }
    const fromFeed = market && this.#feed.acknowledges(channel);
    const sid = fromFeed ? 0 : this.#feed.sidOf(channel) ?? this.#nextSid++;
    const subscription = new KalshiSubscription(this, channel, {
      sid,
      options: {
        tickers: channel === "market_lifecycle_v2" ? null : tickers,
        useYesPrice: params.use_yes_price === true,
        sendSnapshot: params.send_initial_snapshot === true,
        shardFactor: (params.shard_factor as number | undefined) ?? 0,
        shardKey: (params.shard_key as number | undefined) ?? 0,
      },
    });
    this.#subscriptions.add(subscription);
    if (!fromFeed) this.connection.send(subscribedFrame(id, channel, subscription.sid));
    return subscription;
  }

  #unsubscribe(params: Fields, id: number): void {
    const sids = params.sids ?? (params.sid === undefined ? undefined : [params.sid]);
    if (!Array.isArray(sids) || sids.length === 0) return this.#refuse(4, id);
    for (const sid of sids) {
      const subscription = this.#find(sid);
      if (subscription === undefined) {
        this.#refuse(7, id);
        continue;
      }
      this.#subscriptions.delete(subscription);
      this.#feed.unsubscribed(subscription);
      this.connection.send(unsubscribedFrame(id, subscription.nextNumber()));
    }
  }

  #update(params: Fields, id: number): void {
    const sids = params.sids ?? (params.sid === undefined ? undefined : [params.sid]);
    if (!Array.isArray(sids) || sids.length === 0) return this.#refuse(4, id);
    if (sids.length > 1) return this.#refuse(12, id);
    const subscription = this.#find(sids[0]);
    if (subscription === undefined) return this.#refuse(7, id);
    // Frames of a capture carry recorded sequences, which a reply would break.
    if (this.#feed.mute(subscription)) return;
    if (params.action === undefined) return this.#refuse(15, id, subscription);
    const tickers = textList(params, "market_tickers", "market_ticker");
    if (tickers === undefined) return this.#refuse(11, id, subscription);
    this.#act(subscription, params.action, { tickers, id });
  }

  #find(sid: unknown): KalshiSubscription | undefined {
    for (const subscription of this.#subscriptions) {
      if (subscription.sid === sid) return subscription;
    }
    return undefined;
  }

  #act(
    subscription: KalshiSubscription,
    action: unknown,
    { tickers, id }: { tickers: string[] | null; id: number },
  ): void {
    if (action === "get_snapshot") {
      if (subscription.channel !== "orderbook_delta") return this.#refuse(13, id, subscription);
      return this.#feed.snapshots(subscription, tickers ?? [...subscription.tickers ?? []]);
    }
    if (action !== "add_markets" && action !== "delete_markets") {
      return this.#refuse(13, id, subscription);
    }
    if (tickers === null || tickers.length === 0) return this.#refuse(14, id, subscription);
    if (subscription.channel === "market_lifecycle_v2") return this.#refuse(13, id, subscription);
    const added = subscription.change(action, tickers);
    this.connection.send(okFrame(id, subscription.nextNumber(), subscription.tickers ?? []));
    this.#feed.changed(subscription, added);
  }

  heartbeat(): void {}

  overflow(): void {
    for (const subscription of this.#subscriptions) {
      this.#refuse(25, 0, subscription);
      this.#feed.unsubscribed(subscription);
    }
    this.#subscriptions.clear();
  }

  forget(): void {
    this.closed();
  }

  closed(): void {
    for (const subscription of this.#subscriptions) {
      this.#feed.unsubscribed(subscription);
    }
    this.#subscriptions.clear();
  }
}
