import { Buffer } from "node:buffer";
import {
  ALL_SYMBOLS,
  type Gap,
  lostGap,
  type MarketEvent,
  openGap,
  recoveredGap,
  type RunTurn,
} from "@ssmd/market";
import { DAY_US } from "@ssmd/runtime";
import type { CarriedState, Normalized, Normalizer, UnreadableNotice } from "./adapter.ts";
import {
  type CapturedLine,
  type ConnectionEvent,
  isSignOfLife,
  jsonOf,
  type ScannedLine,
  specsOf,
} from "./captured_line.ts";
import { unreadableReason } from "./frame.ts";
import { TurnFilter } from "./turn_filter.ts";

const NOTHING: MarketEvent[] = [];
/** Events after which no book is kept up. */
const ENDS_BOOKS: ReadonlySet<string> = new Set(["disconnect", "stop", "resumed"]);
/** Channels that can be silent. */
const CHANNELS = ["trade", "ticker", "orderbook"] as const;

/** Whose lines a translator takes, and which of them it has behind it. */
export interface TranslatorOrigin {
  /** Life of the connector, as records carry it; default 0, none. */
  run?: number;
  /** Number of the connection in the run; default 0, none. */
  connection?: number;
  /** Number of the last record given; default 0. */
  sequence?: number;
  /** Time of the last line, µs; default 0. */
  lastUs?: number;
  /** Time of the last line that is a sign of life, µs; default `lastUs`. */
  aliveUs?: number | undefined;
  /** When the run's records are those of the feed; absent = always. */
  turns?: readonly RunTurn[] | undefined;
  /** Gaps that are open, where the run has turns; default none. */
  openGaps?: readonly Gap[] | undefined;
}

/** The one way from the lines of a connection to numbered records. */
export class Translator {
  #normalizer: Normalizer;
  #feed: string;
  #run: number;
  #connection: number;
  #sequence: number;
  #lastUs: number;
  /** Time of the last line that is a sign of life, µs; 0 = there was none. */
  #aliveUs: number;
  /** The end of the last line's day, µs; 0 = there was none. */
  #dayEndUs: number;
  #turns: TurnFilter | undefined;
  #unscanned = 0;
  #lines = 0;

  /** From the connection's first line on, or from where `place` says. */
  constructor(feed: string, normalizer: Normalizer, origin: TranslatorOrigin = {}) {
    const { run = 0, connection = 0, sequence = 0, lastUs = 0 } = origin;
    this.#feed = feed;
    this.#normalizer = normalizer;
    this.#run = run;
    this.#connection = connection;
    this.#sequence = sequence;
    this.#lastUs = lastUs;
    this.#aliveUs = origin.aliveUs ?? lastUs;
    this.#dayEndUs = lastUs === 0 ? 0 : dayEndOf(lastUs);
    const { turns, openGaps = [] } = origin;
    if (turns !== undefined) this.#turns = new TurnFilter(turns, connection, openGaps);
  }

  /** Gaps that are open, where the run has turns. */
  get openGaps(): Gap[] | undefined {
    return this.#turns?.open;
  }

  /** Goes on as one that has taken the same lines and knows of a turn more. */
  goOnAs(other: Translator): void {
    this.#sequence = other.#sequence;
    this.#turns = other.#turns;
  }

  /** From the next line on these are the run's turns. */
  setTurns(turns: readonly RunTurn[]): void {
    this.#turns = new TurnFilter(turns, this.#connection, this.#turns?.open ?? []);
  }

  /** Another run tells the records of the line that was taken last: they have no numbers of this one. */
  retract(result: Normalized): void {
    this.#sequence -= result.events.length;
    result.untold = [...(result.untold ?? []), ...result.events];
    result.events = [];
  }

  /** Whether the next line, of `atUs`, is of a turn of the run; always where it has none. */
  tellsAt(atUs: number): boolean {
    return this.#turns?.tellsAt(atUs, this.#sequence + 1) ?? true;
  }

  /** Whether books are told before the next line, of `atUs`, as a turn begins for them. */
  beginsBooksAt(atUs: number): boolean {
    const turns = this.#turns;
    if (turns === undefined) return false;
    return turns.beginning(this.#lastUs, atUs) !== undefined ||
      turns.booksDue(this.#lastUs, atUs).size > 0;
  }

  /** Whose the last record given is. */
  get origin(): { run: number; connection: number; sequence: number } {
    return { run: this.#run, connection: this.#connection, sequence: this.#sequence };
  }

  /** Number of the last record given. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Lines taken so far. */
  get lines(): number {
    return this.#lines;
  }

  /** Frames of market data that a scanner of the venue did not read. */
  get unscanned(): number {
    return this.#unscanned;
  }

  /** The venue's own snapshots of all sound books. */
  snapshotFrames(): string[] {
    return this.#normalizer.snapshotFrames();
  }

  /** What has to outlive the run. */
  carried(): CarriedState {
    return this.#normalizer.carried();
  }

  /** Time of the last line, µs. */
  get lastUs(): number {
    return this.#lastUs;
  }

  /** Time of the last line that is a sign of life, µs; 0 = there was none. */
  get aliveUs(): number {
    return this.#aliveUs;
  }

  /**
   * The next line. Live, recovery, reprocess and verification come this way: the same lines, in the
   * connection's own order, always give the same records.
   */
  line(line: CapturedLine | ScannedLine): Normalized {
    this.#lines++;
    switch (line.kind) {
      case "scanned":
        return this.#scanned(line);
      case "frame": {
        const json = line.json === undefined ? jsonOf(line.text) : line.json;
        if (json !== undefined) return this.frame(json, line.text, line.atUs);
        return this.unreadable(unreadableReason(Buffer.from(line.text)), line.atUs);
      }
      case "binary":
        return this.unreadable(line.reason ?? unreadableReason(bufferOf(line.bytes)), line.atUs);
      case "event":
        return this.event(line, line.atUs);
    }
  }

  /** A frame that is JSON. What cannot be read gives one `gap` of reason `parse`, besides the notice. */
  frame(json: unknown, text: string, receivedAtUs: number): Normalized {
    const first = this.#begins(receivedAtUs);
    return this.#withNotice(this.#read(json, text, receivedAtUs), first, receivedAtUs);
  }

  #read(json: unknown, text: string, atUs: number): Normalized {
    const result = this.#normalizer.normalize(json, text, atUs);
    if (this.#normalizer.scanner !== undefined && isUpdate(result.events.at(-1))) this.#unscanned++;
    return result;
  }

  #scanned({ frame, scanner, offset, atUs }: ScannedLine): Normalized {
    const first = this.#begins(atUs);
    let result: Normalized | undefined;
    // Lines that are taken once more by another translator are no longer on the tape.
    if (scanner === this.#normalizer.scanner) {
      result = this.#normalizer.scanned?.(offset, frame, atUs);
      scanner.done();
    }
    if (result === undefined) {
      const text = frame.toString("utf8");
      result = this.#read(jsonOf(text), text, atUs);
    }
    return this.#withNotice(result, first, atUs);
  }

  #withNotice(result: Normalized, first: MarketEvent[], receivedAtUs: number): Normalized {
    if (first.length > 0) result.events.unshift(...first);
    if (result.notice?.type === "unreadable") {
      if (!result.notice.isCovered) result.events.push(this.#parseGap(receivedAtUs, result.notice));
    }
    this.#aliveUs = receivedAtUs;
    return this.#number(result, receivedAtUs);
  }

  /** A frame that is no JSON (or too large to be read). */
  unreadable(reason: string, receivedAtUs: number): Normalized {
    const events = [...this.#begins(receivedAtUs), this.#parseGap(receivedAtUs, { reason })];
    this.#aliveUs = receivedAtUs;
    return this.#number({ events, send: [], notice: { type: "unreadable", reason } }, receivedAtUs);
  }

  /** An event of the connection. */
  event(event: ConnectionEvent, atUs: number): Normalized {
    const first = this.#begins(atUs, event.name);
    const result = this.#meaningOf(event, atUs);
    result.events.unshift(...first);
    if (isSignOfLife({ kind: "event", name: event.name })) this.#aliveUs = atUs;
    return this.#number(result, atUs);
  }

  #meaningOf(event: ConnectionEvent, atUs: number): Normalized {
    const { name, why, fromUs } = event;
    if (name === "tick") return this.#normalizer.tick(atUs);
    if (name === "unsubscribe") {
      return this.#normalizer.takeOff(why.split(" "), atUs, this.#aliveUs || atUs);
    }
    if (name === "subscribe") {
      return this.#normalizer.takeOn(specsOf(why), atUs, event);
    }
    if (name === "silent") {
      const [channel = "", ...symbol] = why.split(" ");
      const known = CHANNELS.find((each) => each === channel);
      if (known === undefined) return { events: [], send: [] };
      return this.#normalizer.doubt(known, symbol.join(" "), fromUs || atUs, atUs);
    }
    return { events: this.#eventsOf(event, atUs), send: [] };
  }

  #eventsOf(event: ConnectionEvent, atUs: number): MarketEvent[] {
    const { name, why, fromUs } = event;
    switch (name) {
      case "connect":
        return this.#normalizer.connected(atUs);
      case "disconnect":
        return this.#normalizer.disconnected(this.#aliveUs || atUs, atUs, { why });
      case "resumed":
        return this.#resumed(event, atUs);
      case "unreachable":
        return this.#normalizer.disconnected(fromUs || atUs, atUs, { why });
      case "clock":
        return [this.#clockGap(fromUs, atUs, why)];
      case "clock_good":
        return [recoveredGap(this.#clockGap(fromUs, atUs, why), atUs)];
      default:
        return [];
    }
  }

  /**
   * With the first line of a UTC day, and of a turn, come snapshots of all sound books, as they were
   * before it: it can be read without what came before. A line that ends the books brings none.
   */
  #begins(atUs: number, event = ""): MarketEvent[] {
    const turn = this.#turns?.beginning(this.#lastUs, atUs);
    if (turn === undefined && atUs < this.#dayEndUs) return this.#booksDue(atUs, event);
    this.#dayEndUs = dayEndOf(atUs);
    const news = turn === undefined ? NOTHING : this.#turnBegins(turn, atUs, event);
    if (ENDS_BOOKS.has(event)) return news;
    return [...news, ...this.#books(atUs)];
  }

  #booksDue(atUs: number, event: string): MarketEvent[] {
    const symbols = this.#turns?.booksDue(this.#lastUs, atUs);
    if (symbols === undefined || symbols.size === 0 || ENDS_BOOKS.has(event)) return NOTHING;
    return this.#books(atUs).filter(({ symbol }) => symbols.has(symbol));
  }

  #books(atUs: number): MarketEvent[] {
    return this.#normalizer.snapshots().map((book) => ({ ...book, receivedAtUs: atUs }));
  }

  /** What a turn tells before its first line: what is open, and what nobody has told. */
  #turnBegins(turn: RunTurn, atUs: number, event: string): MarketEvent[] {
    const news = this.#turns?.openNews(turn, atUs) ?? [];
    const { after, isLate = false } = turn;
    if (after === undefined || after.atUs <= 0) return news;
    const detail = `what came after run ${after.run} ended is missing`;
    const { lastGoodAtUs: fromUs = after.atUs } = after;
    const target = { feed: this.#feed, symbol: ALL_SYMBOLS, channel: "all" } as const;
    if (this.#lastUs === 0) {
      if (event === "resumed") return news;
      return [...news, ...this.#normalizer.disconnected(fromUs, atUs, { why: detail })];
    }
    if (!isLate) return news;
    const gap = { ...target, reason: "disconnect", missed: null, detail } as const;
    return [...news, lostGap({ ...gap, fromUs, atUs })];
  }

  /** Times are suspect; books and prices are not. */
  #clockGap(fromUs: number | undefined, atUs: number, detail: string): Gap {
    return openGap({
      ...{ feed: this.#feed, symbol: ALL_SYMBOLS, reason: "clock", missed: 0, detail, atUs },
      fromUs: fromUs || atUs,
    });
  }

  /** What another run has told since is not missing. */
  #resumed(event: ConnectionEvent, atUs: number): MarketEvent[] {
    const { why, fromUs, planned = false, carried } = event;
    const after = this.#turns?.beginning(this.#lastUs, atUs)?.after;
    const isOvertaken = after !== undefined && after.atUs > (fromUs ?? 0);
    if (carried !== undefined && !isOvertaken) this.#normalizer.carry(carried);
    const lastGoodAtUs = isOvertaken ? after.atUs : fromUs;
    return this.#normalizer.disconnected(lastGoodAtUs || atUs, atUs, { why, planned });
  }

  #number(result: Normalized, atUs: number): Normalized {
    if (this.#turns !== undefined) this.#select(result, this.#turns, atUs);
    this.#lastUs = atUs;
    for (const event of result.events) {
      event.sequence = ++this.#sequence;
      if (this.#run === 0) continue;
      event.run = this.#run;
      event.connection = this.#connection;
    }
    return result;
  }

  /** Leaves out what another run tells. */
  #select(result: Normalized, turns: TurnFilter, atUs: number): void {
    const published: MarketEvent[] = [];
    const untold: MarketEvent[] = [];
    for (const event of result.events) {
      turns.note(event);
      const isReported = turns.isPublished(event, atUs, this.#sequence + published.length + 1);
      (isReported ? published : untold).push(event);
    }
    result.events = published;
    result.untold = untold;
  }

  #parseGap(atUs: number, notice: Omit<UnreadableNotice, "type">): Gap {
    const { symbol = ALL_SYMBOLS, channel = "all", reason: detail } = notice;
    const news = { feed: this.#feed, symbol, channel, reason: "parse", missed: 1 } as const;
    return lostGap({ ...news, fromUs: atUs, atUs, detail });
  }
}

function dayEndOf(us: number): number {
  return (Math.floor(us / DAY_US) + 1) * DAY_US;
}

/** Whether a record is of those that come all the time. */
function isUpdate(event: MarketEvent | undefined): boolean {
  if (event === undefined) return false;
  return event.type === "trade" || event.type === "ticker" ||
    (event.type === "orderbook" && event.kind === "delta");
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
