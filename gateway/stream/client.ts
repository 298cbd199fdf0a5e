import { EVENT_TYPES } from "@ssmd/market";
import type { Access } from "../access/access.ts";
import type { Audience } from "./audience.ts";
import { type BufferOwner, ClientBuffer } from "./client_buffer.ts";
import { Conflater, type ConflaterOwner } from "./conflater.ts";
import { deflatedFrame, textFrame } from "./frames.ts";
import type { FrameMeta } from "./frame_meta.ts";
import type { ByteSink } from "./outbox.ts";
import { Rules } from "./rules.ts";
import type { BufferLimits, ClientState, SlowPolicy } from "./slow_policy.ts";
import { isDroppable, TYPE_INDEX } from "./type_bits.ts";
import { type PreparedFrame, VIEW, type View } from "./views.ts";

/** What a client tells those who run it. */
export interface ClientOwner {
  /** Place of the newest record that was handed out. */
  readonly position: number;
  /** The client has bytes to be flushed at the end of the tick. */
  onDirty(client: Client): void;
  /** The client's buffer is in another state now. */
  onState(client: Client, before: ClientState): void;
  /** A message of this type was given to a client, or lost for it. */
  onSent(type: number): void;
  onDropped(type: number, policy: SlowPolicy): void;
  /** The connection must be ended: as its policy says, or as more waits than may. */
  onCut(client: Client, why: "slow" | "overrun"): void;
}

/** What a client has of one market: bits of types. */
export interface Interest {
  realtime: number;
  conflated: number;
}

/** What a client is made of. */
export interface ClientOptions {
  id: number;
  sink: ByteSink;
  owner: ClientOwner;
  /** Who it is, and what it may see. */
  access: Access;
  policy: SlowPolicy;
  limits: BufferLimits;
}

/** Why a client's book must not get changes until a snapshot was sent. */
type Awaiting = "first" | "dropped";

type Market = Audience<Client>;

const INTERVAL_MS_FIRST = 100;

/**
 * One connected client: what it wants, what waits for it, and what it lost. Its buffer is bounded;
 * beyond the limit its policy decides, for it alone, and it is told. Gaps, status and answers are
 * never dropped.
 */
export class Client implements BufferOwner<Market>, ConflaterOwner<Market> {
  readonly id: number;
  readonly access: Access;
  /** How records are written for it; chosen before the first message. */
  view: View = VIEW.json;
  readonly rules: Rules = new Rules();
  readonly interests: Map<Market, Interest> = new Map();
  /** Messages given to it, and lost for it. */
  sent = 0;
  dropped = 0;
  readonly limits: BufferLimits;
  #owner: ClientOwner;
  #buffer: ClientBuffer<Market>;
  /** Made when first needed: most clients never do. */
  #conflater: Conflater<Market> | undefined;
  #intervalMs = INTERVAL_MS_FIRST;
  #dirty = false;
  #awaiting = new Map<Market, Awaiting>();
  /** `conflate`: what has a newer state than the client was sent. */
  #missed: Map<Market, number> | undefined;
  /** Records come from the history, not live; books that begin when that is over. */
  #replay: { books: Set<Market> } | undefined;
  #onRoom: (() => void) | undefined;

  constructor(options: ClientOptions) {
    this.id = options.id;
    this.access = options.access;
    this.#owner = options.owner;
    this.limits = options.limits;
    this.#buffer = new ClientBuffer<Market>(options.sink, this, options.policy, options.limits);
  }

  /** Bytes and messages that wait for this client. */
  get buffered(): { bytes: number; messages: number } {
    return { bytes: this.#buffer.bytes, messages: this.#buffer.messages };
  }

  get state(): ClientState {
    return this.#buffer.state;
  }

  /** Since when it drops, µs; 0 = it does not. */
  get droppingSinceUs(): number {
    return this.#buffer.droppingSinceUs;
  }

  /** Whether nothing waits for it. */
  get idle(): boolean {
    return this.#buffer.idle;
  }

  /** Whether it is given records of the past. */
  get replaying(): boolean {
    return this.#replay !== undefined;
  }

  /** Whether the past may go on: it never fills more than half of the buffer. */
  get hasRoom(): boolean {
    return this.#buffer.hasRoom;
  }

  /** What happens when it is slow. */
  set policy(policy: SlowPolicy) {
    this.#buffer.policy = policy;
  }

  get policy(): SlowPolicy {
    return this.#buffer.policy;
  }

  /** Wait between two conflated messages; 0 = as fast as the client reads. */
  set intervalMs(intervalMs: number) {
    this.#intervalMs = intervalMs;
    if (this.#conflater !== undefined) this.#conflater.intervalMs = intervalMs;
  }

  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Gives the client a record, live or not. */
  give(frame: PreparedFrame<Market>): void {
    const { meta } = frame;
    if (this.state === "disconnected") return;
    if (meta.type === TYPE_INDEX.orderbook && this.#awaiting.size > 0 && this.#waitsFor(meta)) {
      return;
    }
    if (isDroppable(meta.type) && !this.#buffer.fits(meta.bytes) && !this.#makesRoom(meta)) return;
    this.#buffer.push(frame.buffer, frame.start, frame.end, meta);
    this.#sent(meta.type, meta.subject);
    this.#marked();
  }

  /** Sends an answer or other message that is never dropped. */
  control(text: string): void {
    if (this.state === "disconnected") return;
    const frame = this.view === VIEW.deflatedJson ? deflatedFrame(text) : textFrame(text);
    this.#push(frame, -1, undefined);
    this.#marked();
  }

  /** Sends a state that was asked for; counted as dropped where there is no room. */
  sendState(market: Market, type: number): void {
    const frame = market.state(type, this.view, this.#owner.position);
    if (frame === undefined || this.state === "disconnected") return;
    if (isDroppable(type) && !this.#buffer.fits(frame.length)) return this.#lost(type, undefined);
    this.#push(frame, type, undefined);
    this.#sent(type, market);
    this.#marked();
  }

  /** Sends the newest state of a type of a market, marked conflated. */
  sendNewest(market: Market, type: number): boolean {
    const frame = market.newest(type, this.view);
    if (frame === undefined) return true;
    if (!this.#buffer.fits(frame.length)) return false;
    this.#push(frame, type, market);
    this.#sent(type, market);
    return true;
  }

  onEmitted(): void {
    if (this.state !== "disconnected") this.#marked();
  }

  /** Starts a book: its snapshot now, or as soon as there is one and room for it. */
  startBook(market: Market): void {
    if (this.#replay !== undefined) return void this.#replay.books.add(market);
    this.#awaiting.set(market, "first");
    this.#sendSnapshots();
  }

  /** The client no longer wants this market's book changes. */
  stopBook(market: Market): void {
    this.#awaiting.delete(market);
    this.#replay?.books.delete(market);
  }

  /** The newest state of these types is to be sent with the next conflated messages. */
  touch(market: Market, bits: number): void {
    if (this.state === "disconnected") return;
    this.#conflater ??= new Conflater<Market>(this, this.#intervalMs);
    this.#conflater.touch(market, bits);
  }

  /** These types of a market are no longer wanted conflated. */
  untouch(market: Market, bits: number): void {
    this.#conflater?.untouch(market, bits);
  }

  /** What was lost of this market need not be made up for: nothing of it is wanted. */
  forget(market: Market): void {
    this.#missed?.delete(market);
  }

  /** From now on records come from the history. */
  beginReplay(): void {
    this.#replay ??= { books: new Set() };
  }

  /** Whether this book begins with a snapshot after the replay. */
  startsLater(market: Market): boolean {
    return this.#replay?.books.has(market) ?? false;
  }

  /** Live records again; the books that waited for it begin. */
  endReplay(): void {
    const books = this.#replay?.books ?? [];
    this.#replay = undefined;
    for (const market of books) this.#awaiting.set(market, "first");
    this.#sendSnapshots();
  }

  /** Resolves when {@linkcode hasRoom}, or when the client is gone. */
  room(): Promise<void> {
    if (this.hasRoom || this.state === "disconnected") return Promise.resolve();
    return new Promise((resolve) => this.#onRoom = resolve);
  }

  /** Ends a tick: everything given goes out in one write. */
  flush(): void {
    this.#dirty = false;
    this.#buffer.flush();
  }

  /** The connection is gone: nothing is sent any more. */
  close(): void {
    this.#buffer.close();
    this.#conflater?.close();
    this.#awaiting.clear();
    this.#missed = undefined;
    this.#wake();
  }

  /** The last words to a client whose connection is being ended; undefined = nothing was lost. */
  lastLosses(): string | undefined {
    return this.#buffer.losses.count > 0 ? this.#buffer.losses.take(this.policy) : undefined;
  }

  onState(before: ClientState): void {
    this.#owner.onState(this, before);
  }

  onDropped({ type, subject }: FrameMeta<Market>): void {
    // It was counted as given.
    this.sent--;
    this.#lost(type, subject);
  }

  onRoom(): void {
    const { losses } = this.#buffer;
    if (losses.count > 0) this.control(losses.take(this.policy));
    if (this.#missed !== undefined) this.#sendMissed(this.#missed);
    if (this.#awaiting.size > 0) this.#sendSnapshots();
    this.#wake();
  }

  /** Does as the policy says with a record that does not fit; true = it fits now. */
  #makesRoom(meta: FrameMeta<Market>): boolean {
    const { policy } = this;
    if (policy === "drop_oldest" && this.#makesRoomFor(meta)) return true;
    if (policy === "drop_newest" || policy === "conflate") this.#buffer.shut();
    this.#lost(meta.type, meta.subject);
    if (policy === "disconnect") this.#owner.onCut(this, "slow");
    if (meta.subject === undefined) return false;
    if (meta.type === TYPE_INDEX.orderbook) this.#awaiting.set(meta.subject, "dropped");
    else if (policy === "conflate") {
      this.#missed ??= new Map();
      this.#missed.set(meta.subject, (this.#missed.get(meta.subject) ?? 0) | 1 << meta.type);
    }
    return false;
  }

  #makesRoomFor({ bytes, type, isSnapshot, subject }: FrameMeta<Market>): boolean {
    const broken = this.#buffer.makeRoom(bytes);
    for (const market of broken) this.#awaiting.set(market, "dropped");
    const isBroken = type === TYPE_INDEX.orderbook && subject !== undefined && broken.has(subject);
    if (isBroken && !isSnapshot || !this.#buffer.fits(bytes)) return false;
    if (isBroken) this.#awaiting.delete(subject);
    return true;
  }

  /** Whether a book's record is of no use before a snapshot; a snapshot ends the wait. */
  #waitsFor({ subject, isSnapshot }: FrameMeta<Market>): boolean {
    const why = subject && this.#awaiting.get(subject);
    if (subject === undefined || why === undefined) return false;
    if (isSnapshot) {
      this.#awaiting.delete(subject);
      return false;
    }
    // Before the first snapshot nothing is lost by leaving changes out: it will hold them.
    if (why === "dropped") this.#lost(TYPE_INDEX.orderbook, subject);
    return true;
  }

  #lost(type: number, market: Market | undefined): void {
    this.dropped++;
    const book = type === TYPE_INDEX.orderbook ? market?.market.symbol : undefined;
    this.#buffer.losses.add(type, book);
    this.#owner.onDropped(type, this.policy);
  }

  #push(frame: Uint8Array, type: number, subject: Market | undefined): void {
    const isSnapshot = type === TYPE_INDEX.orderbook;
    this.#buffer.push(frame, 0, frame.length, { bytes: frame.length, type, isSnapshot, subject });
  }

  #sent(type: number, market: Market | undefined): void {
    this.sent++;
    if (market !== undefined) this.access.meter?.add(market.meterPlace, type, 1);
    this.#owner.onSent(type);
  }

  #marked(): void {
    if (this.#buffer.isOverrun) return this.#owner.onCut(this, "overrun");
    if (this.#dirty) return;
    this.#dirty = true;
    this.#owner.onDirty(this);
  }

  #wake(): void {
    this.#onRoom?.();
    this.#onRoom = undefined;
  }

  #sendMissed(missed: Map<Market, number>): void {
    for (const [market, bits] of missed) {
      for (let type = 0; type < EVENT_TYPES.length; type++) {
        if ((bits & (1 << type)) !== 0 && !this.sendNewest(market, type)) return;
      }
      missed.delete(market);
    }
    this.#missed = undefined;
    this.#marked();
  }

  #sendSnapshots(): void {
    if (this.state === "dropping") return;
    for (const market of this.#awaiting.keys()) {
      const frame = market.state(TYPE_INDEX.orderbook, this.view, this.#owner.position);
      if (frame === undefined) continue;
      if (!this.#buffer.fits(frame.length)) break;
      this.#awaiting.delete(market);
      this.#push(frame, TYPE_INDEX.orderbook, market);
      this.#sent(TYPE_INDEX.orderbook, market);
    }
    this.#marked();
  }
}
