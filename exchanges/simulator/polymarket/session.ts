import type { Connection, Session } from "../connection.ts";

/** Source of the market data: the model or a capture. */
export interface PolymarketFeed {
  /** Handles subscribed tokens, known or not. */
  subscribed(session: PolymarketSession, tokens: readonly string[]): void;
  /** Ends all subscriptions of the session. */
  closed(session: PolymarketSession): void;
}

/** Session of one client of the market channel: requests get no reply, invalid ones are ignored. */
export class PolymarketSession implements Session {
  readonly connection: Connection;
  /** Subscribed tokens. */
  readonly tokens: Set<string> = new Set();
  /** Whether it also gets best prices and market lifecycle. */
  wantsFeatures = false;
  #feed: PolymarketFeed;

  constructor(connection: Connection, feed: PolymarketFeed) {
    this.connection = connection;
    this.#feed = feed;
  }

  received(text: string): void {
    if (text === "PING") return this.connection.answer("PONG");
    const request = requestOf(text);
    if (request === undefined) return;
    const { tokens, isEnd } = request;
    if (request.wantsFeatures) this.wantsFeatures = true;
    if (isEnd) { for (const token of tokens) this.tokens.delete(token); }
    const added = isEnd
      ? []
      : tokens.filter((token) =>
        !this.tokens.has(token) && !this.connection.refuses(token, "book")
      );
    for (const token of added) this.tokens.add(token);
    this.connection.playing = this.tokens.size > 0;
    if (added.length > 0) this.#feed.subscribed(this, added);
  }

  /** The venue sends no heartbeats. */
  heartbeat(): void {}

  overflow(): void {
    this.connection.terminate();
  }

  forget(): void {
    this.tokens.clear();
    this.connection.playing = false;
  }

  closed(): void {
    this.forget();
    this.#feed.closed(this);
  }
}

interface Request {
  tokens: string[];
  isEnd: boolean;
  wantsFeatures: boolean;
}

function requestOf(text: string): Request | undefined {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof request !== "object" || request === null) return undefined;
  const { assets_ids: tokens, type, operation, custom_feature_enabled } = request as Record<
    string,
    unknown
  >;
  const isKnown = operation === "subscribe" || operation === "unsubscribe" || type === "market";
  if (!isKnown || !Array.isArray(tokens)) return undefined;
  return {
    tokens: tokens.filter((token) => typeof token === "string"),
    isEnd: operation === "unsubscribe",
    wantsFeatures: custom_feature_enabled === true,
  };
}
