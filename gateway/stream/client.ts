import { STREAM_TYPES } from "@ssmd/market";
import type { Access } from "../access/access.ts";
import type { FanoutGroup } from "./fanout_group.ts";
import { BookWaits } from "./book_waits.ts";
import { type BufferOwner, ClientBuffer } from "./client_buffer.ts";
import { Conflater, type ConflaterOwner } from "./conflater.ts";
import { deflatedFrame, textFrame, textOfFrame } from "./frames.ts";
import type { FrameMeta } from "./frame_meta.ts";
import type { ByteSink } from "./socket_writer.ts";
import { Rules } from "./rules.ts";
import type { BufferLimits, BufferState, SlowPolicy } from "../protocol/slow_policy.ts";
import { isDroppable, TYPE_INDEX } from "./type_bits.ts";
import { ENCODING, type Encoding, type PreparedFrame } from "./encoding.ts";
import { TransformQueue } from "./transform_queue.ts";
import type { SsmdError } from "@ssmd/runtime";
import type { TransformRun } from "../bus/transforms_client.ts";

/** Receives events of a client. */
export interface ClientOwner {
  /** Stream position of the newest delivered record. */
  readonly position: number;
  /** The client has bytes to flush at the end of the tick. */
  onDirty(client: Client): void;
  /** The state of the client's buffer changed. */
  onState(client: Client, before: BufferState): void;
  /** A message of this type was sent to a client, or dropped. */
  onSent(type: number): void;
  onDropped(type: number, policy: SlowPolicy): void;
  /** The connection must end: by its policy, or because its buffer overran. */
  onCut(client: Client, why: "slow" | "overrun"): void;
}

/** Types of a market that a client receives, as bits. */
export interface Interest {
  realtime: number;
  conflated: number;
}

/** Options of a {@linkcode Client}. */
interface ClientOptions {
  id: number;
  sink: ByteSink;
  owner: ClientOwner;
  /** Identity and entitlements. */
  access: Access;
  policy: SlowPolicy;
  limits: BufferLimits;
}

/** A market with the clients that subscribe to it. */
export type ClientGroup = FanoutGroup<Client>;

const INTERVAL_MS_FIRST = 100;

/**
 * One connected client: its subscriptions, its bounded buffer and its drops. Beyond the limit the
 * policy applies, and drops are reported to it. Gaps, status and answers are never dropped.
 */
export class Client implements BufferOwner<ClientGroup>, ConflaterOwner<ClientGroup> {
  readonly id: number;
  readonly access: Access;
  /** Encoding of its records; set before the first message. */
  encoding: Encoding = ENCODING.json;
  readonly rules: Rules = new Rules();
  readonly interests: Map<ClientGroup, Interest> = new Map();
  /** Messages sent to it, and dropped. */
  sent = 0;
  dropped = 0;
  readonly limits: BufferLimits;
  #owner: ClientOwner;
  #buffer: ClientBuffer<ClientGroup>;
  /** Created on first use: most clients have none. */
  #conflater: Conflater<ClientGroup> | undefined;
  #intervalMs = INTERVAL_MS_FIRST;
  #dirty = false;
  #bookWaits = new BookWaits<ClientGroup>();
  /** `conflate`: types whose newest state is still to be sent. */
  #missedTypes: Map<ClientGroup, number> | undefined;
  #onRoom: (() => void) | undefined;
  /** Transform that records pass through; undefined = none. */
  #transform: TransformQueue<FrameMeta<ClientGroup>> | undefined;

  constructor(options: ClientOptions) {
    this.id = options.id;
    this.access = options.access;
    this.#owner = options.owner;
    this.limits = options.limits;
    this.#buffer = new ClientBuffer<ClientGroup>(options.sink, this, options);
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

  /** Whether a replay is running. */
  get isReplaying(): boolean {
    return this.#bookWaits.isReplaying;
  }

  /** Whether a replay may continue: the buffer is at most half full. */
  get hasRoom(): boolean {
    return this.#buffer.hasRoom && this.#transform?.hasRoom !== false;
  }

  /** Name of the transform of the client's records; undefined = none. */
  get transform(): string | undefined {
    return this.#transform?.name;
  }

  /**
   * Sends the client's records through a transform from now on. Gaps and answers bypass it but keep
   * their order. `onEnded` is called when the transform has ended for good.
   */
  startTransform(run: TransformRun, onEnded: (error: SsmdError) => void): void {
    if (this.state === "disconnected") return run.close();
    this.encoding = ENCODING.json;
    this.#transform = new TransformQueue(run, {
      onTransformed: (message, meta) => this.#deliverTransformed(message, meta),
      onTransformDropped: (drops) => this.#pushControl(drops.takeMessage(this.policy)),
      onTransformRoom: () => this.onRoom(),
      onTransformEnded: onEnded,
    });
  }

  /** Policy for records that do not fit. */
  set policy(policy: SlowPolicy) {
    this.#buffer.policy = policy;
  }

  get policy(): SlowPolicy {
    return this.#buffer.policy;
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
    if (this.state === "disconnected") return;
    if (meta.type === TYPE_INDEX.orderbook && this.#bookWaits.any && this.#isHeldBack(meta)) return;
    if (this.#transform !== undefined) return this.#deliverToTransform(frame, this.#transform);
    this.#deliverFrame(frame.buffer, frame.start, meta);
  }

  #deliverFrame(buffer: Uint8Array, start: number, meta: FrameMeta<ClientGroup>): void {
    if (!isDroppable(meta.type)) this.#reportDrops();
    else if (!this.#buffer.fits(meta.bytes) && !this.#applyPolicy(meta)) return;
    this.#buffer.push(buffer, start, meta);
    this.#countSent(meta.type, meta.subject);
    this.#scheduleFlush();
  }

  /** Delivers to the transform; when it is too slow, records are dropped as for a slow client. */
  #deliverToTransform(
    { buffer, start, end, meta }: PreparedFrame<ClientGroup>,
    transform: TransformQueue<FrameMeta<ClientGroup>>,
  ): void {
    if (meta.type === TYPE_INDEX.gap) {
      return transform.sendInTurn(() => this.#deliverFrame(buffer, start, meta));
    }
    if (transform.fits || !isDroppable(meta.type)) {
      return transform.add(textOfFrame(buffer, start, end), meta);
    }
    this.dropped++;
    transform.drop(meta.type, bookOf(meta));
    this.#owner.onDropped(meta.type, this.policy);
    if (meta.type === TYPE_INDEX.orderbook && meta.subject) {
      this.#bookWaits.add(meta.subject, "dropped");
    }
  }

  #deliverTransformed(message: string, meta: FrameMeta<ClientGroup>): void {
    if (this.state === "disconnected") return;
    const frame = textFrame(message);
    this.#deliverFrame(frame, 0, { ...meta, bytes: frame.length });
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
    this.#scheduleFlush();
  }

  /** Sends a requested state; counts it as dropped when it does not fit. */
  sendState(group: ClientGroup, type: number): void {
    const frame = group.stateFrame(type, this.encoding, this.#owner.position);
    if (frame === undefined || this.state === "disconnected") return;
    if (isDroppable(type) && !this.#buffer.fits(frame.length)) {
      return this.#countDropped(type, undefined);
    }
    if (!this.#pushState(frame, type, { group, subject: undefined })) {
      return this.#countDropped(type, undefined);
    }
    this.#scheduleFlush();
  }

  /** Sends the newest state of a type, marked conflated; returns false when it does not fit. */
  sendNewest(group: ClientGroup, type: number): boolean {
    const frame = group.newestFrame(type, this.encoding);
    if (frame === undefined) return true;
    if (!this.#buffer.fits(frame.length)) return false;
    return this.#pushState(frame, type, { group, subject: group });
  }

  onEmitted(): void {
    if (this.state !== "disconnected") this.#scheduleFlush();
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
    if (this.state === "disconnected") return;
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

  /** Resolves when {@linkcode hasRoom}, or when the connection ends. */
  waitForRoom(): Promise<void> {
    if (this.hasRoom || this.state === "disconnected") return Promise.resolve();
    return new Promise((resolve) => this.#onRoom = resolve);
  }

  /** Ends a tick: writes everything pushed during it at once. */
  flush(): void {
    this.#dirty = false;
    this.#buffer.flush();
  }

  /** Stops sending; the connection ended. */
  close(): void {
    this.#transform?.close();
    this.#buffer.close();
    this.#conflater?.close();
    this.#bookWaits.clear();
    this.#missedTypes = undefined;
    this.#resolveRoom();
  }

  /** Takes the pending `dropped` message; undefined = no drops to report. */
  takeDropMessage(): string | undefined {
    return this.#buffer.dropCount > 0 ? this.#buffer.drops.takeMessage(this.policy) : undefined;
  }

  onState(before: BufferState): void {
    this.#owner.onState(this, before);
  }

  onDropped({ type, subject }: FrameMeta<ClientGroup>): void {
    // Undo the count taken in `deliver`.
    this.sent--;
    this.#countDropped(type, subject);
  }

  onRoom(): void {
    const dropped = this.takeDropMessage();
    if (dropped !== undefined) this.#pushControl(dropped);
    if (this.#missedTypes !== undefined) this.#sendMissed(this.#missedTypes);
    if (this.#bookWaits.any) this.#sendSnapshots();
    this.#resolveRoom();
  }

  /** Applies the policy to a record that does not fit; returns true when it fits now. */
  #applyPolicy(meta: FrameMeta<ClientGroup>): boolean {
    const { policy } = this;
    if (policy === "drop_oldest" && this.#dropOldestFor(meta)) return true;
    if (policy === "drop_newest" || policy === "conflate") this.#buffer.stopTaking();
    this.#countDropped(meta.type, meta.subject);
    if (policy === "disconnect") this.#owner.onCut(this, "slow");
    if (meta.subject === undefined) return false;
    if (meta.type === TYPE_INDEX.orderbook) this.#bookWaits.add(meta.subject, "dropped");
    else if (policy === "conflate") {
      this.#missedTypes ??= new Map();
      this.#missedTypes.set(
        meta.subject,
        (this.#missedTypes.get(meta.subject) ?? 0) | 1 << meta.type,
      );
    }
    return false;
  }

  #dropOldestFor({ bytes, type, isSnapshot, subject }: FrameMeta<ClientGroup>): boolean {
    const broken = this.#buffer.makeRoom(bytes);
    for (const group of broken) this.#bookWaits.add(group, "dropped");
    const isBroken = type === TYPE_INDEX.orderbook && subject !== undefined && broken.has(subject);
    if (isBroken && !isSnapshot || !this.#buffer.fits(bytes)) return false;
    if (isBroken) this.#bookWaits.end(subject);
    return true;
  }

  /** Whether a book's record must wait for a snapshot; a snapshot ends the wait. */
  #isHeldBack(meta: FrameMeta<ClientGroup>): boolean {
    const why = this.#bookWaits.heldBack(meta);
    // The first snapshot will include these changes: they are not counted as dropped.
    if (why === "dropped") this.#countDropped(TYPE_INDEX.orderbook, meta.subject);
    return why !== undefined;
  }

  #countDropped(type: number, group: ClientGroup | undefined): void {
    this.dropped++;
    this.#buffer.drops.add(type, bookOf({ type, subject: group }));
    this.#owner.onDropped(type, this.policy);
  }

  #push(frame: Uint8Array, type: number, subject: ClientGroup | undefined): void {
    const isSnapshot = type === TYPE_INDEX.orderbook;
    this.#buffer.push(frame, 0, { bytes: frame.length, type, isSnapshot, subject });
  }

  /** Sends a state, or passes it to the transform; returns false when the transform has no room. */
  #pushState(
    frame: Uint8Array,
    type: number,
    { group, subject }: { group: ClientGroup; subject: ClientGroup | undefined },
  ): boolean {
    const transform = this.#transform;
    if (transform === undefined || type === TYPE_INDEX.gap) {
      const send = () => {
        if (!isDroppable(type)) this.#reportDrops();
        this.#push(frame, type, subject);
        this.#countSent(type, group);
      };
      if (transform === undefined) send();
      else transform.sendInTurn(send);
      return true;
    }
    if (!transform.fits) return false;
    const isSnapshot = type === TYPE_INDEX.orderbook;
    const meta = { bytes: frame.length, type, isSnapshot, subject: group };
    transform.add(textOfFrame(frame, 0, frame.length), meta);
    return true;
  }

  #countSent(type: number, group: ClientGroup | undefined): void {
    this.sent++;
    if (group !== undefined) this.access.meter?.add(group.meterFeedIndex, type, 1);
    this.#owner.onSent(type);
  }

  #scheduleFlush(): void {
    const isCut = this.#buffer.isOverrun || !this.#dirty && this.#buffer.isFlooded;
    if (isCut) return this.#owner.onCut(this, "overrun");
    if (this.#dirty) return;
    this.#dirty = true;
    this.#owner.onDirty(this);
  }

  #resolveRoom(): void {
    this.#onRoom?.();
    this.#onRoom = undefined;
  }

  #sendMissed(missed: Map<ClientGroup, number>): void {
    for (const [group, bits] of missed) {
      for (let type = 0; type < STREAM_TYPES.length; type++) {
        if ((bits & (1 << type)) !== 0 && !this.sendNewest(group, type)) return;
      }
      missed.delete(group);
    }
    this.#missedTypes = undefined;
    this.#scheduleFlush();
  }

  #sendSnapshots(): void {
    if (!this.#bookWaits.any || this.state === "dropping") return;
    for (const group of this.#bookWaits.books) {
      const frame = group.stateFrame(TYPE_INDEX.orderbook, this.encoding, this.#owner.position);
      if (frame === undefined) continue;
      if (!this.#buffer.fits(frame.length)) break;
      if (!this.#pushState(frame, TYPE_INDEX.orderbook, { group, subject: group })) break;
      this.#bookWaits.end(group);
    }
    this.#scheduleFlush();
  }
}

/** Returns the symbol of a book that loses this record. */
function bookOf({ type, subject }: Pick<FrameMeta<ClientGroup>, "type" | "subject">) {
  return type === TYPE_INDEX.orderbook ? subject?.market.symbol : undefined;
}
