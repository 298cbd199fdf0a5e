import type { Connection, Session } from "../connection.ts";

/** Where the market data comes from: the model or a capture. */
export interface PolymarketFeed {
  /** Tokens were subscribed, whether the venue knows them or not. */
  subscribed(session: PolymarketSession, tokens: readonly string[]): void;
  /** Nothing more of the session's subscriptions is to be sent. */
  closed(session: PolymarketSession): void;
}

/** One client's talk with the market channel: requests are not answered, wrong ones are ignored. */
export class PolymarketSession implements Session {
  readonly connection: Connection;
  /** Tokens that the client has subscribed. */
  readonly tokens: Set<string> = new Set();
  /** Whether it gets best prices and the lives of markets, too. */
  wantsFeatures = false;
  #feed: PolymarketFeed;

  /** A client that has subscribed nothing yet. */
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

  /** The venue never speaks first. */
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
