import type { LeaseCell } from "@ssmd/runtime";
import type { KeyValueStore } from "./key_value.ts";

/** A message to publish. */
export interface OutMessage {
  /** Subject, `{env}.…`; no wildcards. */
  subject: string;
  /** Payload; the bus keeps it for resending, so it must not change afterwards. */
  payload: Uint8Array;
  /** Message id; the bus stores an id once. `{run}-{frame}-{index}`: rises within a run. */
  id: string;
  /** Whether the bus already holds later messages of the same run; default false. */
  late?: boolean;
  /** Further headers; printable ASCII. Costs an object per message: not for records. */
  headers?: ReadonlyMap<string, string>;
}

/** A received message. */
export interface InMessage {
  /** Subject it was published on. */
  subject: string;
  /** Payload; shared with other readers: read-only. */
  payload: Uint8Array;
  /** Message id; "" when the publisher gave none. */
  id: string;
  /** Stream sequence, from 1; rises, but not densely for a filter. */
  streamSequence: number;
  /** Time stored by the bus's clock, µs; only from {@linkcode Transport.read}. */
  readonly storedAtUs?: number;
  /** Whether the bus refused it first and stored later messages of its publisher before it. */
  readonly late?: boolean;
  /** The publisher's own headers; empty or absent = none. */
  readonly headers?: ReadonlyMap<string, string>;
}

/**
 * Why the bus did not store a message. `permission` (no publish permission), `storage` (the bus is
 * full) and `other` are retried; `size` and `invalid` are faults of the message.
 */
export type RefusalReason = "permission" | "storage" | "size" | "invalid" | "other";

/** A message that the bus did not store. */
export interface PublishRefusal {
  reason: RefusalReason;
  subject: string;
  /** Id of the message. */
  id: string;
  /** The bus's own words. */
  detail: string;
}

/** Callbacks of a publisher. */
export interface PublisherOptions {
  /**
   * Returns whether pending messages may still be sent; called on each new connection, as another
   * process may have taken over meanwhile. Default: yes. Called again after false or an error.
   */
  confirm?: () => Promise<boolean>;
  /** Called once per stored message, roughly in order. Must not throw. */
  onStored?: (message: OutMessage) => void;
  /** Called when a message was refused and is retried; later ones wait. Must not throw. */
  onRefused?: (refusal: PublishRefusal) => void;
  /** Called when a message was refused for itself and is dropped. Must not throw. */
  onRejected?: (message: OutMessage, refusal: PublishRefusal) => void;
}

/**
 * Publishes in order with its own acknowledgement window. Guarantees: messages are stored in
 * publish order, except those that the bus refused first (`InMessage.late`); `publish` never blocks
 * and never drops; a lost connection is retried without limit. A message counts as stored when the
 * bus acknowledged it, or when its id was read in the stream; later stored messages prove nothing.
 */
export interface Publisher {
  /**
   * Queues a message. When `full`, await `ready` before more. Throws a TransportError
   * `MESSAGE_TOO_LARGE`, `ID_INVALID`, `HEADER_INVALID` or `SUBJECT_INVALID` for invalid messages.
   */
  publish(message: OutMessage): void;
  /** Number of unacknowledged messages. */
  readonly pending: number;
  /** Whether the window is full: await `ready()` before publishing more. */
  readonly full: boolean;
  /** Resolves when the window has room. */
  ready(): Promise<void>;
  /** Resolves when everything published is acknowledged. */
  flush(): Promise<void>;
  /** Id of the newest message up to which everything is acknowledged; "" = none yet. */
  readonly acknowledgedId: string;
  /** Whether the bus is reachable now. */
  readonly connected: boolean;
  /** Current refusal, which blocks later messages; undefined = none. */
  readonly refusal: PublishRefusal | undefined;
  /** Closes; unacknowledged messages are dropped (they are in the spool). */
  close(): Promise<void>;
}

/** A live subscription; nothing is kept for it while it is away. */
export interface LiveSubscription extends Subscription {
  /** Every matching message after this stream sequence is delivered. */
  readonly startSequence: number;
}

/** Open subscription, made by {@linkcode Transport}. */
export interface Subscription {
  /** Ends the subscription; nothing is delivered afterwards. */
  unsubscribe(): void;
}

/** Position in a stream; positions of different stream identities are not comparable. */
export interface StreamPosition {
  /** Identity of the stream as in {@linkcode StreamState}, µs. */
  createdAtUs: number;
  /** Sequence up to which everything that matches is included. */
  sequence: number;
}

/**
 * Messages that a consumer will not get. `left`: the stream's limits, or a purge, removed them
 * unread. `anew`: the stream was recreated or lost its end, so the old content is unknown.
 */
export type StreamHole =
  | {
    type: "left";
    /** Most messages missed; includes those of other subjects. */
    missed: number;
    /** Last position that was lost; reading continues after it. */
    stream: StreamPosition;
  }
  | { type: "anew"; stream: StreamPosition };

/** A durable consumer. */
export interface Consumer {
  /** Every matching message after this stream sequence is delivered. */
  readonly startSequence: number;
  /** Position up to which all matching messages were delivered. */
  readonly position: StreamPosition;
  /** Acknowledges everything up to and including `streamSequence`. */
  acknowledge(streamSequence: number): void;
  /** Pauses delivery until `resume`; the bus keeps further messages. */
  pause(): void;
  /** Resumes delivery. */
  resume(): void;
  /** Ends delivery and flushes acknowledgements; the durable resumes after the last one. */
  close(): Promise<void>;
}

/** Options of {@linkcode Transport.consume}. */
export interface ConsumeOptions {
  /** Durable name, `{component}-{shard or main}`. */
  name: string;
  /** Subject filters with NATS wildcards (`*` one token, `>` the rest). */
  filters: readonly string[];
  /** Called in stream order, one at a time; must not throw. */
  onMessage: (message: InMessage) => void;
  /**
   * Called when messages are missing before the next one, which waits until this resolves; must not
   * reject. At the start, called before `consume` resolves. Never called when nothing can be lost.
   */
  onHole: (hole: StreamHole) => void | Promise<void>;
  /**
   * The consumer's own position, which outlives the bus: later messages that cannot be read are a
   * hole. `beginning`: it has nothing and wants everything ever published. Absent: it takes what
   * there is, and only later losses are holes.
   */
  position?: StreamPosition | "beginning" | undefined;
}

/** Options of {@linkcode Transport.joinGroup}. */
export interface GroupOptions {
  /** One token; members with the same name and filter share the messages. */
  name: string;
  /** Subject filter with NATS wildcards. */
  filter: string;
  /** Must not throw. */
  onMessage: (message: InMessage) => void;
}

/** A stored message. */
export interface StoredMessage {
  /** Message id; "" when the publisher gave none. */
  id: string;
  /** Stream sequence. */
  streamSequence: number;
}

/** State of the stream at a moment. */
export interface StreamState {
  /**
   * Identity of the stream, equal for all clients: when it was created, or was found to have lost
   * its end, µs. Sequences of different identities are not comparable.
   */
  createdAtUs: number;
  /** Oldest readable sequence; `lastSequence + 1` when nothing is kept. */
  firstSequence: number;
  /** Newest sequence; 0 = nothing was ever published. */
  lastSequence: number;
  /** When the oldest readable message was stored, µs; 0 when nothing is kept. */
  firstAtUs: number;
}

/** Options of {@linkcode Transport.read}. */
export interface ReadOptions {
  /** As in {@linkcode ConsumeOptions}. */
  filters: readonly string[];
  /** Start: a stream sequence, or the first message stored at or after a time. */
  from: { sequence: number } | { timeUs: number };
  /** Last sequence to read. */
  toSequence: number;
  /** Aborts reading; a pending read rejects with its reason. */
  signal?: AbortSignal;
}

/** Connection status of the bus. */
export type TransportStatus =
  | { type: "connected" }
  | { type: "disconnected"; reason: string };

/**
 * The message bus of one environment. It handles bytes, subjects and ids, not trades. Delivery:
 * `subscribe` at most once from now on; `consume` at least once, in order, after the last
 * acknowledged message; both in stream order.
 */
export interface Transport {
  /** Driver. */
  readonly type: "memory" | "nats";
  /** Shards of the environment, whose connectors answer separately; absent = none. */
  readonly shards?: readonly string[];
  /** Whether messages outlive the process. */
  readonly durable: boolean;
  /** Creates a publisher; one per component. */
  publisher(options?: PublisherOptions): Publisher;
  /**
   * Subscribes to live messages that match any filter. `onHole` reports messages removed unread by
   * the stream's limits, shortly after the next message; sequences reveal a recreated stream.
   */
  subscribe(
    filters: readonly string[],
    onMessage: (message: InMessage) => void,
    onHole?: (hole: StreamHole) => void,
  ): Promise<LiveSubscription>;
  /** Opens a durable consumer at the oldest unacknowledged message. */
  consume(options: ConsumeOptions): Promise<Consumer>;
  /** Returns the stream's current state. */
  state(): Promise<StreamState>;
  /**
   * Gives a stream that lost its end a new identity, unless `createdAtUs` is not its identity any
   * more. Absent when nothing can be lost.
   */
  renew?(createdAtUs: number): Promise<void>;
  /**
   * Reads the stream's content once, in order, in batches: the next one is requested when the last
   * one was consumed. A bus that keeps nothing yields nothing.
   */
  read(options: ReadOptions): AsyncIterable<readonly InMessage[]>;
  /** Returns the newest stored message whose subject matches `filter`, or undefined. */
  last(filter: string): Promise<StoredMessage | undefined>;
  /**
   * Joins the group `name`: each live message that matches goes to one member. Delivery: at most
   * once from now on, `streamSequence` is 0.
   */
  joinGroup(options: GroupOptions): Promise<Subscription>;
  /** Opens a key-value store; creates it when missing. */
  keyValue(name: string): Promise<KeyValueStore>;
  /** Answers requests on `subject` (outside the stream). */
  respond(
    subject: string,
    answer: (payload: Uint8Array) => Uint8Array | Promise<Uint8Array>,
  ): Promise<Subscription>;
  /** Sends a request; rejects with a TransportError without an answer within `timeoutMs`. */
  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array>;
  /** Returns a value outside the stream that processes share; absent on an in-process bus. */
  leaseCell?(name: string): LeaseCell;
  /** Why the bus does not work, also on an open connection without answers; "" = no problem. */
  readonly problem: string;
  /** Calls `listener` when the connection comes or goes. */
  onStatus(listener: (status: TransportStatus) => void): void;
  /** Closes everything that was opened here. */
  close(): Promise<void>;
}
