/** Handling of records that do not fit into a client's buffer. */
export const SLOW_POLICIES = ["drop_newest", "drop_oldest", "conflate", "disconnect"] as const;
/** One of {@linkcode SLOW_POLICIES}. */
export type SlowPolicy = typeof SLOW_POLICIES[number];

/** Default policy: the missing records form one span, which is reported. */
export const SLOW_POLICY_DEFAULT: SlowPolicy = "drop_newest";

/** States of a client's buffer. */
export const BUFFER_STATES = ["healthy", "lagging", "dropping", "disconnected"] as const;
/** One of {@linkcode BUFFER_STATES}. */
export type BufferState = typeof BUFFER_STATES[number];

/** Share of the buffer from which a client counts as lagging. */
export const LAGGING_FROM = 0.7;
/** Share above which records are dropped: the rest is reserved for messages that never are. */
export const DROPPING_FROM = 0.9;
/** Share to which `drop_oldest` makes room, so that it does not run for each message. */
export const ROOM_TO = 0.88;
/** Share below which a client is healthy again and receives what it missed. */
export const HEALTHY_BELOW = 0.5;

/** Limits of one client's buffer. */
export interface BufferLimits {
  bytesMax: number;
  messagesMax: number;
  /** Time of uninterrupted dropping after which the client is disconnected, ms. */
  droppingMsMax: number;
}
