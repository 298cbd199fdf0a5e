import type { LeaseCell } from "@ssmd/runtime";
import type { KeyValueStore } from "./key_value.ts";

/** One message to be published. */
export interface OutMessage {
  /** Where it belongs, `{env}.…`; no wildcards. */
  subject: string;
  /** Its bytes; the bus keeps them (for sending again), so they are never changed afterwards. */
  payload: Uint8Array;
  /** Identity; the bus stores an id once. `{run}-{frame}-{index}`: rises within a run. */
  id: string;
  /** Whether the bus holds later messages of the same run already; default false. */
  late?: boolean;
  /** Names and values besides it; printable ASCII. Costs an object a message: not for records. */
  headers?: ReadonlyMap<string, string>;
}

/** One message received. */
export interface InMessage {
  /** Where it was published. */
  subject: string;
  /** Its bytes; shared with other readers, so only to be read. */
  payload: Uint8Array;
  /** Its identity, "" when the publisher gave none. */
  id: string;
  /** Place in the bus's stream, from 1; rises without promise of being dense for a filter. */
  streamSequence: number;
  /** When the bus stored it, µs by the bus's own clock; only in what {@linkcode Transport.read} gives. */
  readonly storedAtUs?: number;
  /** Whether the bus refused it at first and stored later messages of its publisher before it. */
  readonly late?: boolean;
  /** What the publisher named besides it; empty or absent = nothing. */
  readonly headers?: ReadonlyMap<string, string>;
}

/**
 * Why the bus did not store a message. `permission` (the user may not publish there), `storage`
 * (the bus has no room) and `other` are tried again; `size` and `invalid` lie in the message.
 */
export type RefusalReason = "permission" | "storage" | "size" | "invalid" | "other";

/** A message that the bus did not store. */
export interface PublishRefusal {
  reason: RefusalReason;
  subject: string;
  /** Of the message. */
  id: string;
  /** The bus's own words. */
  detail: string;
}

/** What a publisher reports. */
export interface PublisherOptions {
  /**
   * Whether what waits may still be sent; asked on each new connection, as another process may have
   * taken its place while the bus was away. Default: it may. What is refused or rejects is asked again.
   */
  confirm?: () => Promise<boolean>;
  /** A message is stored; each message once, roughly in order. Must not throw. */
  onStored?: (message: OutMessage) => void;
  /** A message was refused and is tried again; all behind it waits. Must not throw. */
  onRefused?: (refusal: PublishRefusal) => void;
  /** A message was refused for what it is and is given up; the rest goes on. Must not throw. */
  onRejected?: (message: OutMessage, refusal: PublishRefusal) => void;
}

/**
 * Publishes in order with its own acknowledgement window. Promises: messages are stored in the
 * order given, but for those that the bus refused at first (`InMessage.late`); `publish` never
 * blocks and never drops; a lost connection is retried for ever. A message counts as stored when
 * the bus acknowledged it, or when its id was read in the stream: what lies behind it proves nothing.
 */
export interface Publisher {
  /**
   * Queues a message. Check `ready` before more when `full`. Throws a TransportError
   * `MESSAGE_TOO_LARGE`, `ID_INVALID`, `HEADER_INVALID` or `SUBJECT_INVALID` for what the bus would never take.
   */
  publish(message: OutMessage): void;
  /** Messages given and not yet acknowledged. */
  readonly pending: number;
  /** Whether the window is full: wait for `ready()` before publishing more. */
  readonly full: boolean;
  /** Resolves when the window has room, or at once when it has. */
  ready(): Promise<void>;
  /** Resolves when all that was published is acknowledged. */
  flush(): Promise<void>;
  /** Id of the newest message below which everything is acknowledged; "" = none yet. */
  readonly acknowledgedId: string;
  /** Whether the bus is reachable now. */
  readonly connected: boolean;
  /** What the bus refuses now, which holds up the rest; undefined = nothing. */
  readonly refusal: PublishRefusal | undefined;
  /** Stops; messages not acknowledged are given up (they are in the spool). */
  close(): Promise<void>;
}

/** A live subscription from now on; nothing is kept for it while it is away. */
export interface LiveSubscription extends Subscription {
  /** Every message behind this place of the stream that matches is delivered. */
  readonly startSequence: number;
}

/** Something that goes on until it is ended. */
export interface Subscription {
  /** Ends it; nothing is delivered afterwards. */
  unsubscribe(): void;
}

/** A place in a stream: sequences of a stream of another identity are not comparable. */
export interface StreamPosition {
  /** As in {@linkcode StreamState}, µs. */
  createdAtUs: number;
  /** Everything up to here that matches. */
  sequence: number;
}

/**
 * Messages that a consumer will not get. `left`: the stream's limits, or a purge, took them away
 * unread. `anew`: the stream was made anew or lost its end, so what the old one held is unknown.
 */
export type StreamHole =
  | {
    type: "left";
    /** How many at most: those of other subjects count. */
    missed: number;
    /** The stream that was left, and from now on the first place that can be read. */
    stream: StreamPosition;
  }
  | { type: "anew"; stream: StreamPosition };

/** A durable consumer. */
export interface Consumer {
  /** Every message behind this place of the stream that matches is delivered. */
  readonly startSequence: number;
  /** How far it has got: all that matches up to here was handed out. */
  readonly position: StreamPosition;
  /** Acknowledges everything up to and including `streamSequence`. */
  acknowledge(streamSequence: number): void;
  /** Stops delivery until `resume`; the bus keeps what comes. */
  pause(): void;
  /** Goes on where it was paused. */
  resume(): void;
  /** Ends delivery; the durable stays and goes on where it was acknowledged. Acks given are sent. */
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
   * Messages are missing before the next one, which waits until this resolves; must not reject. At
   * the start it is asked for before `consume` resolves. Never called where nothing can get lost.
   */
  onHole: (hole: StreamHole) => void | Promise<void>;
  /**
   * How far it is by its own account, which outlives the bus: what lies behind and cannot be read is a
   * hole. `beginning`: it has nothing, and is to get all that ever was. Absent: it takes what there is,
   * and only what leaves from then on is a hole.
   */
  position?: StreamPosition | "beginning" | undefined;
}

/** Options of {@linkcode Transport.joinGroup}. */
export interface GroupOptions {
  /** One token: who has the same one and the same filter shares the messages. */
  name: string;
  /** A subject filter with NATS wildcards. */
  filter: string;
  /** Must not throw. */
  onMessage: (message: InMessage) => void;
}

/** A message that the stream holds. */
export interface StoredMessage {
  /** "" when the publisher gave none. */
  id: string;
  /** Its place. */
  streamSequence: number;
}

/** What the stream holds at a moment. */
export interface StreamState {
  /**
   * When the stream was made, or was noticed to have lost its end, µs: its identity, the same for all
   * who ask. Sequences of a stream of another time are not comparable.
   */
  createdAtUs: number;
  /** Oldest sequence that can be read; `lastSequence + 1` where nothing is kept. */
  firstSequence: number;
  /** Newest sequence; 0 = nothing was ever published. */
  lastSequence: number;
  /** When the oldest message that can be read was stored, µs; 0 where nothing is kept. */
  firstAtUs: number;
}

/** Options of {@linkcode Transport.read}. */
export interface ReadOptions {
  /** As in {@linkcode ConsumeOptions}. */
  filters: readonly string[];
  /** Where to begin: at a place of the stream, or with what was stored at a time or later. */
  from: { sequence: number } | { timeUs: number };
  /** Last place that is read. */
  toSequence: number;
  /** Ends the reading; what waits is rejected with its reason. */
  signal?: AbortSignal;
}

/** What the bus tells about itself. */
export type TransportStatus =
  | { type: "connected" }
  | { type: "disconnected"; reason: string };

/**
 * The message bus of one environment. It knows bytes, subjects and ids, not trades.
 * Delivery: `subscribe` at most once and from now; `consume` at least once, in order, from the
 * last acknowledged message; both in stream order.
 */
export interface Transport {
  /** Which driver it is. */
  readonly type: "memory" | "nats";
  /** Shards of the environment, whose connectors answer for themselves; absent = it has none. */
  readonly shards?: readonly string[];
  /** Whether messages outlive the process. */
  readonly durable: boolean;
  /** A publisher; one a component. */
  publisher(options?: PublisherOptions): Publisher;
  /**
   * Live messages that match any filter. `onHole` is told what the stream's limits took away before it
   * was read, a moment after the first message behind it; a stream made anew is seen by its numbers.
   */
  subscribe(
    filters: readonly string[],
    onMessage: (message: InMessage) => void,
    onHole?: (hole: StreamHole) => void,
  ): Promise<LiveSubscription>;
  /** A durable consumer from the oldest message not yet acknowledged. */
  consume(options: ConsumeOptions): Promise<Consumer>;
  /** What the stream holds now. */
  state(): Promise<StreamState>;
  /**
   * Gives a stream that lost its end another identity, unless `createdAtUs` is its identity no more.
   * Absent where nothing can get lost.
   */
  renew?(createdAtUs: number): Promise<void>;
  /**
   * Reads once what the stream holds, in its order, a batch at a time: the next one is asked for
   * when the last one was taken. A bus that keeps nothing gives nothing.
   */
  read(options: ReadOptions): AsyncIterable<readonly InMessage[]>;
  /** The newest stored message whose subject matches `filter`, or undefined. */
  last(filter: string): Promise<StoredMessage | undefined>;
  /**
   * Live messages that match a filter, each to one member of the group `name`: members share the
   * work. Delivery: at most once and from now, `streamSequence` is 0.
   */
  joinGroup(options: GroupOptions): Promise<Subscription>;
  /** The key-value store of this name, which is made when it is missing. */
  keyValue(name: string): Promise<KeyValueStore>;
  /** Answers requests on `subject` (outside the stream). */
  respond(
    subject: string,
    answer: (payload: Uint8Array) => Uint8Array | Promise<Uint8Array>,
  ): Promise<Subscription>;
  /** Asks; rejects with a TransportError when nobody answers within `timeoutMs`. */
  request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array>;
  /** A value outside the stream that processes share; absent where the bus is of one process. */
  leaseCell?(name: string): LeaseCell;
  /** Why nothing gets through, also on a connection that stays open and brings no answer; "" = it does. */
  readonly problem: string;
  /** Called when the connection comes or goes. */
  onStatus(listener: (status: TransportStatus) => void): void;
  /** Ends everything that was opened here. */
  close(): Promise<void>;
}
