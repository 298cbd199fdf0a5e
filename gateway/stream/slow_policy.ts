/**
 * What happens to records that a client has no room for. `block` is what catching up does inside
 * the gateway, where the history waits for the client; it is not for clients to choose, as the
 * live market waits for nobody.
 */
export type SlowPolicy = "drop_oldest" | "drop_newest" | "conflate" | "disconnect";

/** For clients and environments that choose none: the hole is in one piece, and told where it is. */
export const SLOW_POLICY_DEFAULT: SlowPolicy = "drop_newest";

/** All policies. */
export const SLOW_POLICIES: readonly SlowPolicy[] = [
  "drop_newest",
  "drop_oldest",
  "conflate",
  "disconnect",
];

/** How full a client's buffer is, and what that means. */
export type BufferState = "healthy" | "lagging" | "dropping" | "disconnected";

/** All states. */
export const BUFFER_STATES: readonly BufferState[] = [
  "healthy",
  "lagging",
  "dropping",
  "disconnected",
];

/** Share of the buffer from which a client counts as lagging. */
export const LAGGING_FROM = 0.7;
/** Share above which records are dropped: the rest is kept for what must never be. */
export const DROPPING_FROM = 0.9;
/** Share to which `drop_oldest` makes room, so that it need not for each message. */
export const ROOM_TO = 0.88;
/** Share below which a client is healthy again, and is sent what it missed. */
export const HEALTHY_BELOW = 0.5;

/** What bounds one client's buffer. */
export interface BufferLimits {
  bytesMax: number;
  messagesMax: number;
  /** Milliseconds of dropping without an end after which the client is disconnected. */
  droppingMsMax: number;
}
