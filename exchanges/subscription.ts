import type { Gap, GapChannel } from "@ssmd/market";

/** Record type that is subscribed; `status` = market lifecycle. */
export type OrderedChannel = Exclude<GapChannel, "all">;

/** Proof that a subscription works: its first data, or the venue's confirmation. */
type ProofOfLife = "data" | "confirmation";

/** One channel of one market to subscribe. */
export interface SubscriptionOrder {
  channel: OrderedChannel;
  /** The venue's symbol; "" = the whole feed. */
  external: string;
  /** Our symbol, or `_all`. */
  symbol: string;
  proof: ProofOfLife;
  /** Whether it may not have been requested: nothing is expected of it, unless it is refused. */
  isUnknown?: boolean;
}

/** A subscription that brings no data. */
export interface MissingSubscription {
  symbol: string;
  channel: OrderedChannel;
  /** Start of the missing records, µs. */
  sinceUs: number;
  /** Reason, for a person. */
  why: string;
  /** Whether a gap is open for it, as it is overdue. */
  isLate: boolean;
  /** Whether the venue refused it. */
  isRefused: boolean;
  /** Time of the next request, µs; Infinity = on the next connection. */
  nextUs: number;
}

/**
 * `idle`: no connection. `asked`: a request is in flight. `waiting`: refused or lost, requested at
 * `dueUs`. `live`: it works. `ended`: its market is over.
 */
type State = "idle" | "asked" | "waiting" | "live" | "ended";

/** An order with its state; plain JSON but for `dueUs`. */
export interface Subscription extends SubscriptionOrder {
  state: State;
  /** Whether the venue confirmed it on this connection: unsubscribe before the next request. */
  confirmed: boolean;
  /** Id of the last request for it on this connection; 0 = none. */
  request: number;
  /** The venue's error text; "" = not refused. */
  refusal: string;
  /** Last moment at which its records were complete, µs; 0 = never. */
  sinceUs: number;
  /** Time of the next request, µs. */
  dueUs: number;
  /** Last backoff, µs; 0 = the next loss is requested at once. */
  waitUs: number;
  /** Time when it became live, µs. */
  liveUs: number;
  /** Whether a gap of its own reason (a checksum, a sequence) is open elsewhere. */
  covered: boolean;
  /** Whether it was requested because it was silent. */
  doubted: boolean;
  gap: Gap | null;
}

/** Never: no request is due. */
export const NEVER = Number.MAX_SAFE_INTEGER;

/** Creates the state of an order before its first request. */
export function newSubscription(order: SubscriptionOrder): Subscription {
  return {
    ...order,
    ...{ state: "idle", confirmed: false, request: 0, refusal: "" },
    ...{
      sinceUs: 0,
      dueUs: NEVER,
      waitUs: 0,
      liveUs: 0,
      covered: false,
      doubted: false,
      gap: null,
    },
  };
}

/** Explains why an order brings no data, for a person. */
export function whyMissing(
  { channel, external, confirmed, refusal, covered }: Subscription,
): string {
  const what = external === "" ? channel : `${channel} of ${external}`;
  if (refusal !== "") return `The venue refused ${what}: ${refusal}`;
  if (covered) return `The ${what} is not right and was asked for again.`;
  return confirmed
    ? `The venue confirmed ${what} and sent nothing.`
    : `The venue did not answer the request for ${what}.`;
}
