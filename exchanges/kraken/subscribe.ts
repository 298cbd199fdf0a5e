import type { SymbolSpec } from "../adapter.ts";
import type { OrderedChannel, SubscriptionOrder } from "../subscription.ts";

/** Default book levels per side. */
export const DEFAULT_DEPTH = 10;
/** Depths that the venue offers, ascending. */
export const DEPTHS: readonly number[] = [10, 25, 100, 500, 1000];

/** The venue's channels by ours. */
const CHANNELS = {
  status: "instrument",
  trade: "trade",
  ticker: "ticker",
  orderbook: "book",
} as const;

/** Channels with symbols, in the order of the requests. */
const OF_SYMBOLS = ["trade", "ticker", "orderbook"] as const;

/** Our channel for one of the venue; undefined = not ordered. */
export function channelOf(venues: unknown): OrderedChannel | undefined {
  for (const [ours, name] of Object.entries(CHANNELS)) {
    if (name === venues) return ours as OrderedChannel;
  }
  return undefined;
}

/** A request for a channel of some pairs; that for `status` names none. */
interface ChannelRequest {
  channel: OrderedChannel;
  externals: readonly string[];
  /** Levels per side, of books. */
  depth?: number;
}

/** All orders; each starts with a snapshot, except trades of a pair without any. */
export function ordersOf(symbols: readonly SymbolSpec[]): SubscriptionOrder[] {
  const isUnknown = symbols.some(({ isOrderUnknown }) => isOrderUnknown === true);
  const life = { channel: "status", external: "", symbol: "_all", proof: "data" } as const;
  const orders: SubscriptionOrder[] = [{ ...life, isUnknown }];
  for (const channel of OF_SYMBOLS) {
    for (const { symbol, external } of symbols) {
      orders.push({ channel, external, symbol, proof: "data", isUnknown });
    }
  }
  return orders;
}

/** Groups orders into the fewest requests: one per channel and depth. */
export function requestsFor(
  wanted: Iterable<{ channel: OrderedChannel; external: string }>,
  depthOf: (external: string) => number,
): ChannelRequest[] {
  const requests = new Map<
    string,
    { channel: OrderedChannel; externals: string[]; depth?: number }
  >();
  for (const { channel, external } of wanted) {
    const depth = channel === "orderbook" ? depthOf(external) : undefined;
    const key = `${channel} ${depth}`;
    const known = requests.get(key);
    if (known !== undefined) known.externals.push(external);
    else {
      const request = { channel, externals: [external] };
      requests.set(key, depth === undefined ? request : { ...request, depth });
    }
  }
  return [...requests.values()];
}

/** Frame that subscribes or unsubscribes; answers carry its id. */
export function requestFrame(
  method: "subscribe" | "unsubscribe",
  { channel, externals, depth }: ChannelRequest,
  id: number,
): string {
  const params: Record<string, unknown> = { channel: CHANNELS[channel] };
  if (channel !== "status") params["symbol"] = externals;
  // Otherwise pairs of tokenized stocks are left out.
  else params["include_tokenized_assets"] = true;
  if (depth !== undefined) params["depth"] = depth;
  if (method === "subscribe") {
    if (channel === "ticker") params["event_trigger"] = "bbo";
    params["snapshot"] = true;
  }
  return JSON.stringify({ method, params, req_id: id });
}

let pings = 0;

/** Creates a ping; the venue answers with a pong of the same id. */
export function pingFrame(): string {
  return `{"method":"ping","req_id":${++pings}}`;
}
