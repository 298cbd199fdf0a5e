import type { SsmdError } from "@ssmd/runtime";
import type { Access } from "../access/access.ts";
import type { TransformRun } from "../bus/transforms_client.ts";
import type { BufferLimits, BufferState, SlowPolicy } from "../protocol/slow_policy.ts";
import { type BufferOwner, ClientBuffer } from "./client_buffer.ts";
import { ENCODING, type Encoding, type PreparedFrame } from "./encoding.ts";
import type { FrameMeta } from "./frame_meta.ts";
import { deflatedFrame, textFrame, textOfFrame } from "./frames.ts";
import type { ByteSink } from "./socket_writer.ts";
import { TransformQueue } from "./transform_queue.ts";
import { isDroppable, TYPE_INDEX } from "./type_bits.ts";

/** A market, as far as records of it are sent. */
interface SentMarket {
  readonly market: { readonly symbol: string };
  readonly meterFeedIndex: number;
}

/** Receives events of a {@linkcode SendQueue}; `M` is a market. */
export interface SendQueueOwner<M> {
  /** The state of the buffer changed. */
  onState(before: BufferState): void;
  /** There is room again: what was held back may be sent. */
  onRoom(): void;
  /** A record did not fit and was dropped. */
  onLost(type: number, market: M): void;
  /** Changes of a book were dropped from the buffer. */
  onBroken(market: M): void;
  /** Such a book continues with the snapshot that is sent next. */
  onMended(market: M): void;
  /** There are bytes to flush at the end of the tick. */
  onDirty(): void;
  /** The connection must end: by its policy, or because its buffer overran. */
  onCut(why: "slow" | "overrun"): void;
}

/** Counts the messages of all clients. */
export interface MessageCounts {
  /** A message of this type was sent to a client, or dropped. */
  onSent(type: number): void;
  onDropped(type: number, policy: SlowPolicy): void;
}

/** Options of a {@linkcode SendQueue}. */
export interface SendQueueOptions {
  sink: ByteSink;
  access: Access;
  policy: SlowPolicy;
  limits: BufferLimits;
  counts: MessageCounts;
}

/**
 * What is sent to one client: its bounded buffer, its transform and its drops. Beyond the limit the
 * policy applies, and drops are reported to it. Gaps, status and answers are never dropped.
 */
export class SendQueue<M extends SentMarket> implements BufferOwner<M> {
  /** Encoding of the records; set before the first message. */
  encoding: Encoding = ENCODING.json;
  /** Messages sent, and dropped. */
  sent = 0;
  dropped = 0;
  readonly limits: BufferLimits;
  #owner: SendQueueOwner<M>;
  #counts: MessageCounts;
  #access: Access;
  #buffer: ClientBuffer<M>;
  #dirty = false;
  /** Transform that records pass through; undefined = none. */
  #transform: TransformQueue<FrameMeta<M>> | undefined;

  constructor(owner: SendQueueOwner<M>, options: SendQueueOptions) {
    this.#owner = owner;
    this.#counts = options.counts;
    this.#access = options.access;
    this.limits = options.limits;
    this.#buffer = new ClientBuffer<M>(options.sink, this, options);
  }

  /** Size of the buffer. */
  get buffered(): { bytes: number; messages: number } {
    return { bytes: this.#buffer.bytes, messages: this.#buffer.messages };
  }

  get state(): BufferState {
    return this.#buffer.state;
  }

  /** Start of the current drop period, µs; 0 when not dropping. */
  get droppingSinceUs(): number {
    return this.#buffer.droppingSinceUs;
  }

  /** Whether the buffer is empty. */
  get isIdle(): boolean {
    return this.#buffer.isIdle;
  }

  /** Whether the buffer is at most half full. */
  get hasRoom(): boolean {
    return this.#buffer.hasRoom && this.#transform?.hasRoom !== false;
  }

  /** Whether a record of this size fits. */
  fits(bytes: number): boolean {
    return this.#buffer.fits(bytes);
  }

  /** Policy for records that do not fit. */
  set policy(policy: SlowPolicy) {
    this.#buffer.policy = policy;
  }

  get policy(): SlowPolicy {
    return this.#buffer.policy;
  }

  /** Name of the transform of the records; undefined = none. */
  get transform(): string | undefined {
    return this.#transform?.name;
  }

  /**
   * Sends records through a transform from now on. Gaps and answers bypass it but keep their order.
   * `onEnded` is called when the transform has ended for good.
   */
  startTransform(run: TransformRun, onEnded: (error: SsmdError) => void): void {
    if (this.state === "disconnected") return run.close();
    this.encoding = ENCODING.json;
    this.#transform = new TransformQueue(run, {
      onTransformed: (message, meta) => this.#sendTransformed(message, meta),
      onTransformDropped: (drops) => this.#pushControl(drops.takeMessage(this.policy)),
      onTransformRoom: () => this.onRoom(),
      onTransformEnded: onEnded,
    });
  }

  /** Sends a record. */
  send(frame: PreparedFrame<M>): void {
    if (this.#transform !== undefined) return this.#transformFirst(frame, this.#transform);
    this.#sendFrame(frame.buffer, frame.start, frame.meta);
  }

  #sendFrame(buffer: Uint8Array, start: number, meta: FrameMeta<M>): void {
    if (!isDroppable(meta.type)) this.#reportDrops();
    else if (!this.#buffer.fits(meta.bytes) && !this.#applyPolicy(meta)) return;
    this.#buffer.push(buffer, start, meta);
    this.#countSent(meta.type, meta.subject);
    this.scheduleFlush();
  }

  /** Passes a record to the transform; when it is too slow, it is dropped as for a slow client. */
  #transformFirst(
    { buffer, start, end, meta }: PreparedFrame<M>,
    transform: TransformQueue<FrameMeta<M>>,
  ): void {
    if (meta.type === TYPE_INDEX.gap) {
      return transform.sendInTurn(() => this.#sendFrame(buffer, start, meta));
    }
    if (transform.fits || !isDroppable(meta.type)) {
      return transform.add(textOfFrame(buffer, start, end), meta);
    }
    this.dropped++;
    transform.drop(meta.type, bookOf(meta.type, meta.subject));
    this.#counts.onDropped(meta.type, this.policy);
    if (meta.type === TYPE_INDEX.orderbook && meta.subject) this.#owner.onBroken(meta.subject);
  }

  #sendTransformed(message: string, meta: FrameMeta<M>): void {
    if (this.state === "disconnected") return;
    const frame = textFrame(message);
    this.#sendFrame(frame, 0, { ...meta, bytes: frame.length });
  }

  /** Sends a control message, which is never dropped. */
  sendControl(text: string): void {
    if (this.state === "disconnected") return;
    const send = () => {
      this.#reportDrops();
      this.#pushControl(text);
    };
    if (this.#transform === undefined) send();
    else this.#transform.sendInTurn(send);
  }

  /**
   * Sends a state, or passes it to the transform; returns false when the transform has no room. A
   * state without `subject` is not the client's newest one of the market.
   */
  sendState(
    frame: Uint8Array,
    type: number,
    { market, subject }: { market: M; subject: M | undefined },
  ): boolean {
    const transform = this.#transform;
    if (transform === undefined || type === TYPE_INDEX.gap) {
      const send = () => {
        if (!isDroppable(type)) this.#reportDrops();
        this.#push(frame, type, subject);
        this.#countSent(type, market);
      };
      if (transform === undefined) send();
      else transform.sendInTurn(send);
      return true;
    }
    if (!transform.fits) return false;
    const isSnapshot = type === TYPE_INDEX.orderbook;
    const meta = { bytes: frame.length, type, isSnapshot, subject: market };
    transform.add(textOfFrame(frame, 0, frame.length), meta);
    return true;
  }

  /**
   * Reports drops before what is never dropped: a client that resumes from its position would never
   * learn of them. Those of `drop_oldest` are reported before the backlog.
   */
  #reportDrops(): void {
    if (this.policy === "drop_oldest") return;
    const dropped = this.takeDropMessage();
    if (dropped !== undefined) this.#pushControl(dropped);
  }

  #pushControl(text: string): void {
    const frame = this.encoding === ENCODING.deflatedJson ? deflatedFrame(text) : textFrame(text);
    this.#push(frame, -1, undefined);
    this.scheduleFlush();
  }

  #push(frame: Uint8Array, type: number, subject: M | undefined): void {
    const isSnapshot = type === TYPE_INDEX.orderbook;
    this.#buffer.push(frame, 0, { bytes: frame.length, type, isSnapshot, subject });
  }

  /** Takes the pending `dropped` message; undefined = no drops to report. */
  takeDropMessage(): string | undefined {
    return this.#buffer.dropCount > 0 ? this.#buffer.drops.takeMessage(this.policy) : undefined;
  }

  /** Counts a record that was not sent. */
  drop(type: number, market: M | undefined): void {
    this.dropped++;
    this.#buffer.drops.add(type, bookOf(type, market));
    this.#counts.onDropped(type, this.policy);
  }

  /** Applies the policy to a record that does not fit; returns true when it fits now. */
  #applyPolicy(meta: FrameMeta<M>): boolean {
    const { policy } = this;
    if (policy === "drop_oldest" && this.#dropOldestFor(meta)) return true;
    if (policy === "drop_newest" || policy === "conflate") this.#buffer.stopTaking();
    this.drop(meta.type, meta.subject);
    if (policy === "disconnect") this.#owner.onCut("slow");
    if (meta.subject !== undefined) this.#owner.onLost(meta.type, meta.subject);
    return false;
  }

  #dropOldestFor({ bytes, type, isSnapshot, subject }: FrameMeta<M>): boolean {
    const broken = this.#buffer.makeRoom(bytes);
    for (const market of broken) this.#owner.onBroken(market);
    const isBroken = type === TYPE_INDEX.orderbook && subject !== undefined && broken.has(subject);
    if (isBroken && !isSnapshot || !this.#buffer.fits(bytes)) return false;
    if (isBroken) this.#owner.onMended(subject);
    return true;
  }

  #countSent(type: number, market: M | undefined): void {
    this.sent++;
    if (market !== undefined) this.#access.meter?.add(market.meterFeedIndex, type, 1);
    this.#counts.onSent(type);
  }

  /** Has everything sent during this tick flushed at its end. */
  scheduleFlush(): void {
    const isCut = this.#buffer.isOverrun || !this.#dirty && this.#buffer.isFlooded;
    if (isCut) return this.#owner.onCut("overrun");
    if (this.#dirty) return;
    this.#dirty = true;
    this.#owner.onDirty();
  }

  /** Ends a tick: writes everything sent during it at once. */
  flush(): void {
    this.#dirty = false;
    this.#buffer.flush();
  }

  /** Stops sending; the connection ended. */
  close(): void {
    this.#transform?.close();
    this.#buffer.close();
  }

  onState(before: BufferState): void {
    this.#owner.onState(before);
  }

  onDropped({ type, subject }: FrameMeta<M>): void {
    // Undo the count taken when it was sent.
    this.sent--;
    this.drop(type, subject);
  }

  onRoom(): void {
    const dropped = this.takeDropMessage();
    if (dropped !== undefined) this.#pushControl(dropped);
    this.#owner.onRoom();
  }
}

/** Returns the symbol of a book that loses a record; undefined for other types. */
function bookOf(type: number, market: SentMarket | undefined): string | undefined {
  return type === TYPE_INDEX.orderbook ? market?.market.symbol : undefined;
}
