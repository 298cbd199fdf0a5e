import type { Connection, Session } from "./connection.ts";
import type { Player } from "./player.ts";
import type { Signal } from "./notifier.ts";
import type { SimulatorRequest } from "./server.ts";
import type { RestReply } from "./venue.ts";

/** Time for a client to send the rest of its subscriptions before the timeline starts. */
export const START_DELAY_MS = 50;

/** What is played, and who speaks for it: the model or captures, of one venue. */
export interface FeedSource {
  readonly player: Player;
  readonly progress: Signal;
  session(connection: Connection): Session;
  /** Whether heartbeats come with what is played, so that none are to be added. */
  ownHeartbeats(): boolean;
  /** Items played so far. */
  played(): number;
  /** Gives it what the server has: called once before the first client. */
  attach(
    flush: () => void,
    blocked: () => Promise<void> | undefined,
    connections: () => Iterable<Connection>,
  ): void;
  /** Answers a request of the venue's REST; undefined = there is no such path. */
  rest(request: SimulatorRequest): RestReply;
  close(): Promise<void>;
}
