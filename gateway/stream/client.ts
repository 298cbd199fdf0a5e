import { STREAM_TYPES } from "@ssmd/market";
import type { Access } from "../access/access.ts";
import type { BufferState } from "../protocol/slow_policy.ts";
import { BookWaits } from "./book_waits.ts";
import { Conflater, type ConflaterOwner } from "./conflater.ts";
import type { PreparedFrame } from "./encoding.ts";
import type { FanoutGroup } from "./fanout_group.ts";
import type { FrameMeta } from "./frame_meta.ts";
import {
  type MessageCounts,
  SendQueue,
  type SendQueueOptions,
  type SendQueueOwner,
} from "./send_queue.ts";
import { Rules } from "./rules.ts";
import { isDroppable, TYPE_INDEX } from "./type_bits.ts";

/** Receives events of a client. */
export interface ClientOwner extends MessageCounts {
  /** Stream position of the newest delivered record. */
  readonly position: number;
  /** The client has bytes to flush at the end of the tick. */
  onDirty(client: Client): void;
  /** The state of the client's buffer changed. */
  onState(client: Client, before: BufferState): void;
  /** The connection must end: by its policy, or because its buffer overran. */
  onCut(client: Client, why: "slow" | "overrun"): void;
}

/** Types of a market that a client receives, as bits. */
export interface Interest {
  realtime: number;
  conflated: number;
}

/** Options of a {@linkcode Client}. */
interface ClientOptions extends Omit<SendQueueOptions, "counts"> {
  id: number;
  owner: ClientOwner;
}

/** A market with the clients that subscribe to it. */
export type ClientGroup = FanoutGroup<Client>;

const INTERVAL_MS_FIRST = 100;

/**
 * One connected client: its subscriptions, and which of their records it is sent: books start with a
 * snapshot, and states that were missed are sent once there is room.
 */
export class Client implements SendQueueOwner<ClientGroup>, ConflaterOwner<ClientGroup> {
  readonly id: number;
  /** Identity and entitlements. */
  readonly access: Access;
  readonly rules: Rules = new Rules();
  readonly interests: Map<ClientGroup, Interest> = new Map();
  readonly sendQueue: SendQueue<ClientGroup>;
  #owner: ClientOwner;
  /** Created on first use: most clients have none. */
  #conflater: Conflater<ClientGroup> | undefined;
  #intervalMs = INTERVAL_MS_FIRST;
  #bookWaits = new BookWaits<ClientGroup>();
  /** `conflate`: types whose newest state is still to be sent. */
  #missedTypes: Map<ClientGroup, number> | undefined;
  #waiting: (() => void) | undefined;

  constructor({ id, owner, ...options }: ClientOptions) {
    this.id = id;
    this.access = options.access;
    this.#owner = owner;
    this.sendQueue = new SendQueue<ClientGroup>(this, { ...options, counts: owner });
  }

  /** Whether the connection has ended. */
  get isClosed(): boolean {
    return this.sendQueue.state === "disconnected";
  }

  /** Whether its buffer is empty. */
  get isIdle(): boolean {
    return this.sendQueue.isIdle;
  }

  /** Whether a replay is running. */
  get isReplaying(): boolean {
    return this.#bookWaits.isReplaying;
  }

  /** Interval between two conflated messages, ms; 0 = as fast as the client reads. */
  set intervalMs(intervalMs: number) {
    this.#intervalMs = intervalMs;
    if (this.#conflater !== undefined) this.#conflater.intervalMs = intervalMs;
  }

  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Delivers a record, live or replayed. */
  deliver(frame: PreparedFrame<ClientGroup>): void {
    const { meta } = frame;
    if (this.isClosed) return;
    if (meta.type === TYPE_INDEX.orderbook && this.#bookWaits.any && this.#isHeldBack(meta)) return;
    this.sendQueue.send(frame);
  }

  /** Sends a requested state; counts it as dropped when it does not fit. */
  sendState(group: ClientGroup, type: number): void {
    const { sendQueue } = this;
    const frame = group.stateFrame(type, sendQueue.encoding, this.#owner.position);
    if (frame === undefined || this.isClosed) return;
    const fits = !isDroppable(type) || sendQueue.fits(frame.length);
    if (!fits || !sendQueue.sendState(frame, type, { market: group, subject: undefined })) {
      return sendQueue.drop(type, undefined);
    }
    sendQueue.scheduleFlush();
  }

  /** Sends the newest state of a type, marked conflated; returns false when it does not fit. */
  sendNewest(group: ClientGroup, type: number): boolean {
    const { sendQueue } = this;
    const frame = group.newestFrame(type, sendQueue.encoding);
    if (frame === undefined) return true;
    if (!sendQueue.fits(frame.length)) return false;
    return sendQueue.sendState(frame, type, { market: group, subject: group });
  }

  onEmitted(): void {
    if (!this.isClosed) this.sendQueue.scheduleFlush();
  }

  /** Starts a book: sends its snapshot once there is one and it fits. */
  startBook(group: ClientGroup): void {
    if (this.#bookWaits.start(group)) this.#sendSnapshots();
  }

  /** Stops a book. */
  stopBook(group: ClientGroup): void {
    this.#bookWaits.stop(group);
  }

  /** Schedules the newest state of these types for the next conflated messages. */
  markDirty(group: ClientGroup, bits: number): void {
    if (this.isClosed) return;
    this.#conflater ??= new Conflater<ClientGroup>(this, this.#intervalMs);
    this.#conflater.markDirty(group, bits);
  }

  /** Removes these types of a market from the conflated messages. */
  clearDirty(group: ClientGroup, bits: number): void {
    this.#conflater?.clearDirty(group, bits);
  }

  /** Clears missed states of a market that is no longer subscribed. */
  clearMissed(group: ClientGroup): void {
    this.#missedTypes?.delete(group);
  }

  /** Starts a replay: live records are held back. */
  beginReplay(): void {
    this.#bookWaits.beginReplay();
  }

  /** Whether this book starts with a snapshot after the replay. */
  startsBookAfterReplay(group: ClientGroup): boolean {
    return this.#bookWaits.startsAfterReplay(group);
  }

  /** Ends a replay: returns to live records and starts the books that waited. */
  endReplay(): void {
    this.#bookWaits.endReplay();
    this.#sendSnapshots();
  }

  /** Resolves when its queue has room, or when the connection ends. */
  waitForRoom(): Promise<void> {
    if (this.sendQueue.hasRoom || this.isClosed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting = resolve);
  }

  /** Stops sending; the connection ended. */
  close(): void {
    this.sendQueue.close();
    this.#conflater?.close();
    this.#bookWaits.clear();
    this.#missedTypes = undefined;
    this.#resolveRoom();
  }

  onState(before: BufferState): void {
    this.#owner.onState(this, before);
  }

  onDirty(): void {
    this.#owner.onDirty(this);
  }

  onCut(why: "slow" | "overrun"): void {
    this.#owner.onCut(this, why);
  }

  onRoom(): void {
    if (this.#missedTypes !== undefined) this.#sendMissed(this.#missedTypes);
    if (this.#bookWaits.any) this.#sendSnapshots();
    this.#resolveRoom();
  }

  onBroken(group: ClientGroup): void {
    this.#bookWaits.add(group, "dropped");
  }

  onMended(group: ClientGroup): void {
    this.#bookWaits.end(group);
  }

  onLost(type: number, group: ClientGroup): void {
    if (type === TYPE_INDEX.orderbook) return this.onBroken(group);
    if (this.sendQueue.policy !== "conflate") return;
    this.#missedTypes ??= new Map();
    this.#missedTypes.set(group, (this.#missedTypes.get(group) ?? 0) | 1 << type);
  }

  /** Whether a book's record must wait for a snapshot; a snapshot ends the wait. */
  #isHeldBack(meta: FrameMeta<ClientGroup>): boolean {
    const why = this.#bookWaits.heldBack(meta);
    // The first snapshot will include these changes: they are not counted as dropped.
    if (why === "dropped") this.sendQueue.drop(TYPE_INDEX.orderbook, meta.subject);
    return why !== undefined;
  }

  #resolveRoom(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }

  #sendMissed(missed: Map<ClientGroup, number>): void {
    for (const [group, bits] of missed) {
      for (let type = 0; type < STREAM_TYPES.length; type++) {
        if ((bits & (1 << type)) !== 0 && !this.sendNewest(group, type)) return;
      }
      missed.delete(group);
    }
    this.#missedTypes = undefined;
    this.sendQueue.scheduleFlush();
  }

  #sendSnapshots(): void {
    const { sendQueue } = this;
    if (!this.#bookWaits.any || sendQueue.state === "dropping") return;
    for (const group of this.#bookWaits.books) {
      const frame = group.stateFrame(
        TYPE_INDEX.orderbook,
        sendQueue.encoding,
        this.#owner.position,
      );
      if (frame === undefined) continue;
      if (!sendQueue.fits(frame.length)) break;
      const sent = sendQueue.sendState(frame, TYPE_INDEX.orderbook, {
        market: group,
        subject: group,
      });
      if (!sent) break;
      this.#bookWaits.end(group);
    }
    sendQueue.scheduleFlush();
  }
}
