import type { Connection, Session } from "./connection.ts";
import type { Player } from "./player.ts";
import type { Notifier } from "./notifier.ts";
import type { SimulatorRequest } from "./server.ts";
import type { RestReply } from "./venue.ts";

/** Delay before the timeline starts, for a client to send its remaining subscriptions. */
export const START_DELAY_MS = 50;

/** Market data with its protocol: the model or captures, of one venue. */
export interface FeedSource {
  readonly player: Player;
  readonly progress: Notifier;
  session(connection: Connection): Session;
  /** Whether the source contains heartbeats, so that none are added. */
  ownHeartbeats(): boolean;
  /** Items played so far. */
  played(): number;
  /** Connects it to the server; called once before the first client. */
  attach(
    flush: () => void,
    blocked: () => Promise<void> | undefined,
    connections: () => Iterable<Connection>,
  ): void;
  /** Answers a REST request of the venue; undefined = no such path. */
  rest(request: SimulatorRequest): RestReply;
  close(): Promise<void>;
}
