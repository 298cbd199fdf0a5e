import { nowUs } from "@ssmd/runtime";
import { textFrame } from "./frames.ts";
import { DropCounter } from "./drop_counter.ts";
import type { FrameMeta } from "./frame_meta.ts";
import { type ByteSink, SocketWriter, type SocketWriterOwner } from "./socket_writer.ts";
import {
  type BufferLimits,
  type BufferState,
  DROPPING_FROM,
  HEALTHY_BELOW,
  LAGGING_FROM,
  ROOM_TO,
  type SlowPolicy,
} from "../protocol/slow_policy.ts";

/** Share of a buffer's messages that may accumulate during a tick. */
const TICK_SHARE = 0.125;

/** Receives events of a {@linkcode ClientBuffer}; `S` is a market. */
export interface BufferOwner<S> {
  /** The state changed. */
  onState(before: BufferState): void;
  /** The buffer is less than half full: held-back messages may be sent. */
  onRoom(): void;
  /** A buffered record was dropped. */
  onDropped(meta: FrameMeta<S>): void;
}

/**
 * Send buffer of one client, bounded by bytes and messages, with its state and its policy for
 * records that do not fit.
 */
export class ClientBuffer<S> implements SocketWriterOwner {
  readonly limits: BufferLimits;
  policy: SlowPolicy;
  #owner: BufferOwner<S>;
  #writer: SocketWriter<S>;
  /** Created with the first drop: most clients have none. */
  #drops: DropCounter | undefined;
  #state: BufferState = "healthy";
  #droppingSinceUs = 0;
  /** Whether records are refused until there is room (`drop_newest`, `conflate`). */
  #isStopped = false;

  constructor(
    sink: ByteSink,
    owner: BufferOwner<S>,
    { policy, limits }: { policy: SlowPolicy; limits: BufferLimits },
  ) {
    this.limits = limits;
    this.policy = policy;
    this.#owner = owner;
    this.#writer = new SocketWriter<S>(sink, this, limits.bytesMax);
  }

  /** Drops that are not reported yet. */
  get drops(): DropCounter {
    return this.#drops ??= new DropCounter();
  }

  /** Number of unreported drops. */
  get dropCount(): number {
    return this.#drops?.count ?? 0;
  }

  get bytes(): number {
    return this.#writer.bytes;
  }

  get messages(): number {
    return this.#writer.messages;
  }

  get state(): BufferState {
    return this.#state;
  }

  /** Start of the current drop period, µs; 0 when not dropping. */
  get droppingSinceUs(): number {
    return this.#droppingSinceUs;
  }

  /** Whether the buffer is empty. */
  get isIdle(): boolean {
    return this.#writer.isIdle;
  }

  /** Whether the buffer is less than half full. */
  get hasRoom(): boolean {
    return this.#state !== "dropping" && this.#fillRatio() < HEALTHY_BELOW;
  }

  /** Whether undroppable messages exceed the limit. */
  get isOverrun(): boolean {
    return this.#writer.waitingBytes > this.limits.bytesMax;
  }

  /** Whether answers to pings exceed the limit. */
  get isFlooded(): boolean {
    return this.#writer.foreignBytes > this.limits.bytesMax;
  }

  /** Whether a record fits; a record larger than the buffer fits into an empty one. */
  fits(bytes: number): boolean {
    if (this.#isStopped) return false;
    const { bytesMax, messagesMax } = this.limits;
    return this.#writer.bytes + bytes <= bytesMax * DROPPING_FROM &&
        this.#writer.messages < messagesMax * DROPPING_FROM ||
      this.#writer.isIdle;
  }

  /** Adds `meta.bytes` bytes from `start` of a buffer, which must not change afterwards. */
  push(buffer: Uint8Array, start: number, meta: FrameMeta<S>): void {
    this.#writer.push(buffer, start, meta);
    // A long tick alone must not fill a small buffer.
    if (this.#writer.messages > this.limits.messagesMax * TICK_SHARE) this.#writer.flush();
    if (this.#state === "healthy" && this.#fillRatio() >= LAGGING_FROM) this.#setState("lagging");
  }

  /** Ends a tick: writes everything pushed during it at once. */
  flush(): void {
    if (this.#state !== "disconnected") this.#writer.flush();
  }

  /** Refuses records until there is room again. */
  stopTaking(): void {
    this.#setState("dropping");
    this.#isStopped = true;
  }

  /** Drops the oldest records to make room for `bytes`; returns the markets whose books broke. */
  makeRoom(bytes: number): Set<S> {
    this.#setState("dropping");
    const { bytesMax, messagesMax } = this.limits;
    return this.#writer.makeRoom(
      Math.min(bytesMax * ROOM_TO, bytesMax * DROPPING_FROM - bytes),
      messagesMax * ROOM_TO,
      (meta) => this.#owner.onDropped(meta),
    );
  }

  /** Stops sending; the connection ended. */
  close(): void {
    this.#setState("disconnected");
  }

  /** Takes the `dropped` message of `drop_oldest`, which is written before the backlog. */
  takeNotice(): Uint8Array | undefined {
    if (this.policy !== "drop_oldest" || this.dropCount === 0) return undefined;
    return textFrame(this.drops.takeMessage(this.policy));
  }

  onWritten(): void {
    if (this.#state === "disconnected" || this.#fillRatio() >= HEALTHY_BELOW) return;
    this.#isStopped = false;
    this.#setState("healthy");
    this.#owner.onRoom();
  }

  /** Used share of the buffer. */
  #fillRatio(): number {
    const { bytesMax, messagesMax } = this.limits;
    return Math.max(this.#writer.bytes / bytesMax, this.#writer.messages / messagesMax);
  }

  #setState(state: BufferState): void {
    const before = this.#state;
    if (before === state) return;
    this.#state = state;
    this.#droppingSinceUs = state === "dropping" ? nowUs() : 0;
    this.#owner.onState(before);
  }
}
