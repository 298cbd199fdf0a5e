import { EVENT_TYPES } from "@ssmd/market";
import { LIMITS, nowUs } from "@ssmd/runtime";
import type { Access } from "../access/access.ts";
import type { Meter } from "../access/meter.ts";
import { Audience, TYPE_INDEX } from "./audience.ts";
import { type FrameArena, textFrame } from "./frames.ts";
import { type ByteSink, Outbox } from "./outbox.ts";
import { Rules } from "./rules.ts";

/** Wait of `latest` between two looks at a socket. */
const LATEST_MS = 16;

/** What a client tells those who run it. */
export interface ClientOwner {
  /** The client has bytes to be flushed at the end of the tick. */
  onDirty(client: Client): void;
  /** The client began (true) or ended (false) to lose messages. */
  onSlow(slow: boolean): void;
  /** A message of this type was given to a client, or lost for it. */
  onSent(type: number): void;
  onDropped(type: number): void;
  /** More waits than may: the connection must be ended. */
  onOverrun(client: Client): void;
}

/** What a client has of one market: bits of types. */
export interface Interest {
  realtime: number;
  conflated: number;
}

/** Why a client's book must not get changes until a snapshot was sent. */
type Awaiting = "first" | "dropped";

/**
 * One connected client: what it wants, what waits for it, and what it lost. Its buffer is bounded;
 * beyond the limit records are dropped for it alone, counted, and told when there is room again.
 * Gaps, status and answers are never dropped.
 */
export class Client {
  readonly id: number;
  /** Who it is, and what it may see. */
  readonly access: Access;
  readonly rules: Rules = new Rules();
  readonly interests: Map<Audience<Client>, Interest> = new Map();
  /** Wait between two conflated messages; 0 = as fast as the client reads. */
  intervalMs = 100;
  #owner: ClientOwner;
  #outbox: Outbox;
  #meter: Meter | undefined;
  #bytesMax: number;
  #dirty = false;
  #closed = false;
  #awaiting = new Map<Audience<Client>, Awaiting>();
  #slow = false;
  #dropped = 0;
  #droppedByType = new Array<number>(EVENT_TYPES.length).fill(0);
  #droppedSinceUs = 0;
  #pending = new Map<Audience<Client>, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    id: number,
    sink: ByteSink,
    owner: ClientOwner,
    access: Access,
    bytesMax: number = LIMITS.clientBufferBytesMax,
  ) {
    this.id = id;
    this.access = access;
    this.#meter = access.meter;
    this.#owner = owner;
    this.#bytesMax = bytesMax;
    this.#outbox = new Outbox(sink, () => this.#onIdle());
  }

  /** Bytes that wait for this client. */
  get bufferedBytes(): number {
    return this.#outbox.bytes;
  }

  /** Whether the client loses messages now. */
  get slow(): boolean {
    return this.#slow;
  }

  /** Gives the client the arena's last frame: a record of this type and market. */
  offer(frames: FrameArena, type: number, audience: Audience<Client>, isSnapshot: boolean): void {
    if (this.#closed) return;
    if (type === TYPE_INDEX.orderbook && this.#awaiting.size > 0) {
      if (!isSnapshot && this.#withheld(audience)) return;
      this.#awaiting.delete(audience);
    }
    if (type < TYPE_INDEX.status && !this.#fits(frames.end - frames.start)) {
      return this.#drop(type, audience);
    }
    this.#outbox.push(frames.buffer, frames.start, frames.end);
    this.#sent(type, audience);
    this.#marked();
  }

  /** Sends an answer or other message that is never dropped. */
  control(text: string): void {
    if (this.#closed) return;
    const frame = textFrame(text);
    this.#outbox.push(frame, 0, frame.length);
    this.#marked();
  }

  /** Sends a state that was asked for; counted as dropped where there is no room. */
  state(text: string, type: number, audience: Audience<Client>): void {
    if (!this.#fits(text.length)) return this.#countDrop(type);
    this.#sent(type, audience);
    this.control(text);
  }

  /** Starts a book: its snapshot now, or as soon as there is one and room for it. */
  startBook(audience: Audience<Client>): void {
    this.#awaiting.set(audience, "first");
    this.#sendSnapshots();
  }

  /** The client no longer wants this market's book changes. */
  stopBook(audience: Audience<Client>): void {
    this.#awaiting.delete(audience);
  }

  /** The newest state of these types is to be sent with the next conflated messages. */
  touch(audience: Audience<Client>, bits: number): void {
    const known = this.#pending.get(audience) ?? 0;
    this.#pending.set(audience, known | bits);
    if (this.#timer === undefined && !this.#closed) {
      this.#timer = setTimeout(this.#emit, this.intervalMs === 0 ? LATEST_MS : this.intervalMs);
    }
  }

  /** These types of a market are no longer wanted conflated. */
  untouch(audience: Audience<Client>, bits: number): void {
    const rest = (this.#pending.get(audience) ?? 0) & ~bits;
    if (rest === 0) this.#pending.delete(audience);
    else this.#pending.set(audience, rest);
  }

  /** Ends a tick: everything given goes out in one write. */
  flush(): void {
    this.#dirty = false;
    if (!this.#closed) this.#outbox.flush();
  }

  /** The connection is gone: nothing is sent any more. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#pending.clear();
    this.#awaiting.clear();
    if (this.#slow) this.#owner.onSlow(false);
    this.#slow = false;
  }

  /** A message larger than the whole buffer may go when nothing else waits. */
  #fits(bytes: number): boolean {
    if (this.#slow) return false;
    return this.#outbox.bytes + bytes <= this.#bytesMax || this.#outbox.idle;
  }

  #withheld(audience: Audience<Client>): boolean {
    const why = this.#awaiting.get(audience);
    if (why === undefined) return false;
    // Before the first snapshot nothing is lost by leaving changes out: it will hold them.
    if (why === "dropped") this.#countDrop(TYPE_INDEX.orderbook);
    return true;
  }

  #drop(type: number, audience: Audience<Client>): void {
    if (type === TYPE_INDEX.orderbook) this.#awaiting.set(audience, "dropped");
    if (!this.#slow) {
      this.#slow = true;
      this.#owner.onSlow(true);
    }
    this.#countDrop(type);
  }

  #sent(type: number, audience: Audience<Client>): void {
    this.#meter?.add(audience.meterPlace, type, 1);
    this.#owner.onSent(type);
  }

  #countDrop(type: number): void {
    if (this.#dropped++ === 0) this.#droppedSinceUs = nowUs();
    this.#droppedByType[type] = (this.#droppedByType[type] ?? 0) + 1;
    this.#owner.onDropped(type);
  }

  #marked(): void {
    if (this.#outbox.bytes > this.#bytesMax * 2) return this.#owner.onOverrun(this);
    if (this.#dirty) return;
    this.#dirty = true;
    this.#owner.onDirty(this);
  }

  /** Everything was taken by the system: what was lost is told, lost books start anew. */
  #onIdle(): void {
    if (this.#closed) return;
    if (this.#dropped > 0) this.#tellDropped();
    if (this.#awaiting.size > 0) this.#sendSnapshots();
  }

  #tellDropped(): void {
    const types = EVENT_TYPES.map((type, i) => [type, this.#droppedByType[i] ?? 0] as const)
      .filter(([, count]) => count > 0);
    const text = JSON.stringify({
      type: "dropped",
      count: this.#dropped,
      since: this.#droppedSinceUs / 1000,
      types: Object.fromEntries(types),
    });
    this.#dropped = 0;
    this.#droppedByType.fill(0);
    if (this.#slow) this.#owner.onSlow(false);
    this.#slow = false;
    this.control(text);
  }

  #sendSnapshots(): void {
    for (const audience of this.#awaiting.keys()) {
      const text = audience.stateText(TYPE_INDEX.orderbook, "");
      if (text === undefined) continue;
      if (!this.#fits(text.length)) return;
      this.#awaiting.delete(audience);
      this.#sent(TYPE_INDEX.orderbook, audience);
      this.control(text);
    }
  }

  #emit = (): void => {
    this.#timer = undefined;
    if (this.intervalMs === 0 && !this.#outbox.idle) return this.#rearm();
    for (const [audience, bits] of this.#pending) {
      for (let type = 0; type < EVENT_TYPES.length; type++) {
        if ((bits & (1 << type)) === 0) continue;
        const frame = audience.stateFrame(type);
        if (frame === undefined) continue;
        if (!this.#fits(frame.length)) return this.#rearm();
        this.#outbox.push(frame, 0, frame.length);
        this.#sent(type, audience);
      }
      this.#pending.delete(audience);
    }
    this.#marked();
  };

  #rearm(): void {
    this.#marked();
    this.#timer = setTimeout(this.#emit, Math.max(LATEST_MS, this.intervalMs));
  }
}
