import type { Gap, GapChannel } from "@ssmd/market";

/** A type of record that is subscribed; `status` = the life of markets. */
export type OrderedChannel = Exclude<GapChannel, "all">;

/** What proves that a subscription works: its first data, or that the venue confirmed it. */
type ProofOfLife = "data" | "confirmation";

/** One channel of one market that is wanted. */
export interface SubscriptionOrder {
  channel: OrderedChannel;
  /** The venue's name; "" = of the whole feed. */
  external: string;
  /** Ours, or `_all`. */
  symbol: string;
  proof: ProofOfLife;
  /** Whether it may not have been asked for: nothing is expected of it, unless it is refused. */
  isUnknown?: boolean;
}

/** A subscription that does not bring what was ordered. */
export interface MissingSubscription {
  symbol: string;
  channel: OrderedChannel;
  /** Since when its records are missing, µs. */
  sinceUs: number;
  /** Why, for a person. */
  why: string;
  /** Whether a gap is open for it: it had time to come. */
  isLate: boolean;
  /** Whether the venue refused it. */
  isRefused: boolean;
  /** When it is asked for next, µs; Infinity = with the next connection. */
  nextUs: number;
}

/**
 * `idle`: no connection. `asked`: a request is on its way. `waiting`: refused or lost, to be asked
 * for at its time. `live`: it works. `ended`: its market is over.
 */
type State = "idle" | "asked" | "waiting" | "live" | "ended";

/** An order with where it stands; plain JSON but for `dueUs`. */
export interface Subscription extends SubscriptionOrder {
  state: State;
  /** Whether the venue confirmed it on this connection: it is unsubscribed before it is asked again. */
  confirmed: boolean;
  /** Id of the last request for it on this connection; 0 = none. */
  request: number;
  /** The venue's words; "" = it did not refuse. */
  refusal: string;
  /** Last moment at which its records were complete, µs; 0 = never. */
  sinceUs: number;
  /** When it is asked for again, µs. */
  dueUs: number;
  /** The last pause, µs; 0 = the next loss is asked for at once. */
  waitUs: number;
  /** Since when it is live, µs. */
  liveUs: number;
  /** Whether a gap of its own reason (a checksum, a sequence) is open elsewhere. */
  covered: boolean;
  /** Whether it was asked for because it is silent. */
  doubted: boolean;
  gap: Gap | null;
}

/** No time: it is not asked for again. */
export const NEVER = Number.MAX_SAFE_INTEGER;

/** An order of which nothing was heard yet. */
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

/** Why an order brings nothing, for a person. */
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
