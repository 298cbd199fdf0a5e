import type { KalshiErrorCode } from "./frames.ts";
import type { Connection } from "../connection.ts";
import { hashText } from "../model/prng.ts";

const SHARD_FACTOR_MAX = 100;

/** Parameters of a subscription. */
interface KalshiSubscriptionOptions {
  /** null = all markets. */
  tickers: readonly string[] | null;
  /** Whether NO prices are sent as YES prices. */
  useYesPrice: boolean;
  /** Whether the ticker channel starts with the current state. */
  sendSnapshot: boolean;
  /** 0 = not sharded. */
  shardFactor: number;
  shardKey: number;
}

/** Error code for invalid shard parameters; undefined = valid. */
export function shardRefusal(params: Record<string, unknown>): KalshiErrorCode | undefined {
  const factor = params.shard_factor;
  const key = params.shard_key;
  if (factor === undefined) return key === undefined ? undefined : 20;
  if (!Number.isSafeInteger(factor) || (factor as number) < 1) return 19;
  if ((factor as number) > SHARD_FACTOR_MAX) return 22;
  if (key === undefined) return undefined;
  const inRange = Number.isSafeInteger(key) && (key as number) >= 0 &&
    (key as number) < (factor as number);
  return inRange ? undefined : 21;
}

/** Session that owns subscriptions. */
interface KalshiSubscriber {
  readonly connection: Connection;
  /** All subscriptions of the connection. */
  readonly subscriptions: Iterable<KalshiSubscription>;
}

/** One `sid`: a channel of some markets with its own sequence. */
export class KalshiSubscription {
  readonly session: KalshiSubscriber;
  readonly channel: string;
  /** 0 until the capture's reply gives it. */
  sid: number;
  /** Last sequence used; each message of the sid takes the next. */
  seq = 0;
  readonly options: KalshiSubscriptionOptions;
  #tickers: Set<string> | null;

  constructor(
    session: KalshiSubscriber,
    channel: string,
    { sid, options }: { sid: number; options: KalshiSubscriptionOptions },
  ) {
    this.session = session;
    this.channel = channel;
    this.sid = sid;
    this.options = options;
    this.#tickers = options.tickers === null ? null : new Set(options.tickers);
  }

  /** Subscribed markets; null = all. */
  get tickers(): ReadonlySet<string> | null {
    return this.#tickers;
  }

  /** Whether it covers a market. */
  accepts(ticker: string): boolean {
    if (this.#tickers !== null && !this.#tickers.has(ticker)) return false;
    const { shardFactor, shardKey } = this.options;
    return shardFactor === 0 || hashText(ticker) % shardFactor === shardKey;
  }

  /** Adds or deletes markets; returns the new ones. */
  change(action: "add_markets" | "delete_markets", tickers: readonly string[]): string[] {
    const set = this.#tickers ??= new Set();
    const added: string[] = [];
    for (const ticker of tickers) {
      if (action === "delete_markets") set.delete(ticker);
      else if (!set.has(ticker)) {
        set.add(ticker);
        added.push(ticker);
      }
    }
    return added;
  }

  /** Takes the next sequence. */
  nextNumber(): { sid: number; seq: number } {
    return { sid: this.sid, seq: ++this.seq };
  }
}
