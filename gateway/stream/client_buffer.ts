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
} from "./slow_policy.ts";

/** What a {@linkcode ClientBuffer} tells its client; `S` is a market. */
export interface BufferOwner<S> {
  /** The state is another one than before. */
  onState(before: BufferState): void;
  /** The buffer is less than half full: what was held back may go. */
  onRoom(): void;
  /** A record that waited was dropped. */
  onDropped(meta: FrameMeta<S>): void;
}

/**
 * What waits for one client, bounded by bytes and messages: how full it is, what that means, and
 * what is dropped where there is no room.
 */
export class ClientBuffer<S> implements SocketWriterOwner {
  readonly limits: BufferLimits;
  /** What was lost and not told yet. */
  readonly drops: DropCounter = new DropCounter();
  policy: SlowPolicy;
  #owner: BufferOwner<S>;
  #writer: SocketWriter<S>;
  #state: BufferState = "healthy";
  #droppingSinceUs = 0;
  /** Records are not taken until there is room again (`drop_newest`, `conflate`). */
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

  get bytes(): number {
    return this.#writer.bytes;
  }

  get messages(): number {
    return this.#writer.messages;
  }

  get state(): BufferState {
    return this.#state;
  }

  /** Since when it drops, µs; 0 = it does not. */
  get droppingSinceUs(): number {
    return this.#droppingSinceUs;
  }

  /** Whether nothing waits. */
  get isIdle(): boolean {
    return this.#writer.isIdle;
  }

  /** Whether it is less than half full. */
  get hasRoom(): boolean {
    return this.#state !== "dropping" && this.#fillRatio() < HEALTHY_BELOW;
  }

  /** Whether more waits than may: what must not be dropped, or answers to pings. */
  get isOverrun(): boolean {
    const { bytesMax } = this.limits;
    return Math.max(this.#writer.waitingBytes, this.#writer.foreignBytes) > bytesMax;
  }

  /** Whether a record has room; one larger than the whole buffer may go when nothing else waits. */
  fits(bytes: number): boolean {
    if (this.#isStopped) return false;
    const { bytesMax, messagesMax } = this.limits;
    return this.#writer.bytes + bytes <= bytesMax * DROPPING_FROM &&
        this.#writer.messages < messagesMax * DROPPING_FROM ||
      this.#writer.isIdle;
  }

  /** Adds `meta.bytes` bytes from `start` of a buffer, which must not change any more. */
  push(buffer: Uint8Array, start: number, meta: FrameMeta<S>): void {
    this.#writer.push(buffer, start, meta);
    if (this.#state === "healthy" && this.#fillRatio() >= LAGGING_FROM) this.#setState("lagging");
  }

  /** Ends a tick: everything given goes out in one write. */
  flush(): void {
    if (this.#state !== "disconnected") this.#writer.flush();
  }

  /** Takes no records any more until there is room again. */
  stopTaking(): void {
    this.#setState("dropping");
    this.#isStopped = true;
  }

  /** Drops what waits longest, so that so many bytes have room; the markets whose books broke. */
  makeRoom(bytes: number): Set<S> {
    this.#setState("dropping");
    const { bytesMax, messagesMax } = this.limits;
    return this.#writer.makeRoom(
      Math.min(bytesMax * ROOM_TO, bytesMax * DROPPING_FROM - bytes),
      messagesMax * ROOM_TO,
      (meta) => this.#owner.onDropped(meta),
    );
  }

  /** The connection is gone: nothing is sent any more. */
  close(): void {
    this.#setState("disconnected");
  }

  /** Tells of what was dropped where it is missing: before what waits. */
  takeNotice(): Uint8Array | undefined {
    if (this.policy !== "drop_oldest" || this.drops.count === 0) return undefined;
    return textFrame(this.drops.takeMessage(this.policy));
  }

  onWritten(): void {
    if (this.#state === "disconnected" || this.#fillRatio() >= HEALTHY_BELOW) return;
    this.#isStopped = false;
    this.#setState("healthy");
    this.#owner.onRoom();
  }

  /** Share of the buffer that is in use. */
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
