import { nowUs } from "@ssmd/runtime";
import { textFrame } from "./frames.ts";
import { Losses } from "./losses.ts";
import type { FrameMeta } from "./frame_meta.ts";
import { type ByteSink, Outbox, type OutboxOwner } from "./outbox.ts";
import {
  type BufferLimits,
  type ClientState,
  DROPPING_FROM,
  HEALTHY_BELOW,
  LAGGING_FROM,
  ROOM_TO,
  type SlowPolicy,
} from "./slow_policy.ts";

/** What a {@linkcode ClientBuffer} tells its client; `S` is a market. */
export interface BufferOwner<S> {
  /** The state is another one than before. */
  onState(before: ClientState): void;
  /** The buffer is less than half full: what was held back may go. */
  onRoom(): void;
  /** A record that waited was dropped. */
  onDropped(meta: FrameMeta<S>): void;
}

/**
 * What waits for one client, bounded by bytes and messages: how full it is, what that means, and
 * what is dropped where there is no room.
 */
export class ClientBuffer<S> implements OutboxOwner {
  readonly limits: BufferLimits;
  /** What was lost and not told yet. */
  readonly losses: Losses = new Losses();
  policy: SlowPolicy;
  #owner: BufferOwner<S>;
  #outbox: Outbox<S>;
  #state: ClientState = "healthy";
  #droppingSinceUs = 0;
  /** Records are not taken until there is room again (`drop_newest`, `conflate`). */
  #shut = false;

  constructor(sink: ByteSink, owner: BufferOwner<S>, policy: SlowPolicy, limits: BufferLimits) {
    this.limits = limits;
    this.policy = policy;
    this.#owner = owner;
    this.#outbox = new Outbox<S>(sink, this, limits.bytesMax);
  }

  get bytes(): number {
    return this.#outbox.bytes;
  }

  get messages(): number {
    return this.#outbox.messages;
  }

  get state(): ClientState {
    return this.#state;
  }

  /** Since when it drops, µs; 0 = it does not. */
  get droppingSinceUs(): number {
    return this.#droppingSinceUs;
  }

  /** Whether nothing waits. */
  get idle(): boolean {
    return this.#outbox.idle;
  }

  /** Whether it is less than half full. */
  get hasRoom(): boolean {
    return this.#state !== "dropping" && this.#fill() < HEALTHY_BELOW;
  }

  /** Whether more waits than may: what must not be dropped, or answers to pings. */
  get isOverrun(): boolean {
    const { bytesMax } = this.limits;
    return Math.max(this.#outbox.waitingBytes, this.#outbox.foreignBytes) > bytesMax;
  }

  /** Whether a record has room; one larger than the whole buffer may go when nothing else waits. */
  fits(bytes: number): boolean {
    if (this.#shut) return false;
    const { bytesMax, messagesMax } = this.limits;
    return this.#outbox.bytes + bytes <= bytesMax * DROPPING_FROM &&
        this.#outbox.messages < messagesMax * DROPPING_FROM ||
      this.#outbox.idle;
  }

  /** Adds `buffer[start, end)`, which must not change any more. */
  push(buffer: Uint8Array, start: number, end: number, meta: FrameMeta<S>): void {
    this.#outbox.push(buffer, start, end, meta);
    if (this.#state === "healthy" && this.#fill() >= LAGGING_FROM) this.#toState("lagging");
  }

  /** Ends a tick: everything given goes out in one write. */
  flush(): void {
    if (this.#state !== "disconnected") this.#outbox.flush();
  }

  /** Takes no records any more until there is room again. */
  shut(): void {
    this.#toState("dropping");
    this.#shut = true;
  }

  /** Drops what waits longest, so that so many bytes have room; the markets whose books broke. */
  makeRoom(bytes: number): Set<S> {
    this.#toState("dropping");
    const { bytesMax, messagesMax } = this.limits;
    return this.#outbox.makeRoom(
      Math.min(bytesMax * ROOM_TO, bytesMax * DROPPING_FROM - bytes),
      messagesMax * ROOM_TO,
      (meta) => this.#owner.onDropped(meta),
    );
  }

  /** The connection is gone: nothing is sent any more. */
  close(): void {
    this.#toState("disconnected");
  }

  /** Tells of what was dropped where it is missing: before what waits. */
  notice(): Uint8Array | undefined {
    if (this.policy !== "drop_oldest" || this.losses.count === 0) return undefined;
    return textFrame(this.losses.take(this.policy));
  }

  onWritten(): void {
    if (this.#state === "disconnected" || this.#fill() >= HEALTHY_BELOW) return;
    this.#shut = false;
    this.#toState("healthy");
    this.#owner.onRoom();
  }

  /** Share of the buffer that is in use. */
  #fill(): number {
    const { bytesMax, messagesMax } = this.limits;
    return Math.max(this.#outbox.bytes / bytesMax, this.#outbox.messages / messagesMax);
  }

  #toState(state: ClientState): void {
    const before = this.#state;
    if (before === state) return;
    this.#state = state;
    this.#droppingSinceUs = state === "dropping" ? nowUs() : 0;
    this.#owner.onState(before);
  }
}
