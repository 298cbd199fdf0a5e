import { Buffer } from "node:buffer";
import type { Gap, MarketEvent, RunTurn } from "@ssmd/market";
import { DAY_US } from "@ssmd/runtime";
import type { CarriedState, Normalized, Normalizer } from "./adapter.ts";
import {
  type CapturedLine,
  type ConnectionEvent,
  type FrameInLine,
  isSignOfLife,
  jsonOf,
  type ScannedLine,
} from "./captured_line.ts";
import { eventRecords } from "./event_records.ts";
import { mayBeData, unreadableReason } from "./frame.ts";
import { TurnFilter } from "./turn_filter.ts";
import type { TranslatorOrigin } from "./translator_origin.ts";
import { gapBeforeTurn } from "./turn_start.ts";
import { parseGap } from "./unreadable.ts";

const NOTHING: MarketEvent[] = [];
/** Events after which no book is maintained. */
const ENDS_BOOKS: ReadonlySet<string> = new Set(["disconnect", "stop", "resumed"]);

/** Translates the lines of one connection to numbered records; the only path from lines to records. */
export class Translator {
  #normalizer: Normalizer;
  #feed: string;
  #run: number;
  #connection: number;
  #sequence: number;
  #lastUs: number;
  /** Time of the last line that is a sign of life, µs; 0 = none yet. */
  #aliveUs: number;
  /** End of the last line's UTC day, µs; 0 = no line yet. */
  #dayEndUs: number;
  #turns: TurnFilter | undefined;
  /** Frames of market data that the venue's scanner could not read. */
  unscanned = 0;
  /** Lines translated so far. */
  lines = 0;

  /** Starts at the connection's first line, or where `origin` says. */
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

  /** Turns of the run, as far as known; undefined when it has none. */
  get turns(): readonly RunTurn[] | undefined {
    return this.#turns?.turns;
  }

  /** Open gaps; undefined when the run has no turns. */
  get openGaps(): Gap[] | undefined {
    return this.#turns?.open;
  }

  /**
   * Adopts another translator of the same lines that knows one more turn: its sequence and turns,
   * and its state, as the gap at a turn's start may differ from that of the lines alone.
   */
  goOnAs(other: Translator): void {
    this.#normalizer.restore(other.#normalizer.state());
    this.#sequence = other.#sequence;
    this.#turns = other.#turns;
  }

  /** Sets the run's turns, from the next line on. */
  setTurns(turns: readonly RunTurn[]): void {
    this.#turns = new TurnFilter(turns, this.#connection, this.#turns?.open ?? []);
  }

  /** Withdraws the records and sequences of the last line, as another run publishes its records. */
  retract(result: Normalized): void {
    this.#sequence -= result.events.length;
    result.untold = [...(result.untold ?? []), ...result.events];
    result.events = [];
  }

  /** Whether the next line, at `atUs`, is in a turn of the run; always true without turns. */
  tellsAt(atUs: number): boolean {
    return this.#turns?.tellsAt(atUs, this.#sequence + 1) ?? true;
  }

  /** Whether book snapshots precede the next line, at `atUs`, as a turn begins for them. */
  beginsBooksAt(atUs: number): boolean {
    const turns = this.#turns;
    if (turns === undefined) return false;
    return turns.beginning(this.#lastUs, atUs) !== undefined ||
      turns.booksDue(this.#lastUs, atUs).size > 0;
  }

  /** Run, connection and sequence of the last record. */
  get origin(): { run: number; connection: number; sequence: number } {
    return { run: this.#run, connection: this.#connection, sequence: this.#sequence };
  }

  /** Sequence of the last record. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Snapshot frames in the venue's format of all valid books. */
  snapshotFrames(): string[] {
    return this.#normalizer.snapshotFrames();
  }

  /** State that must survive the run. */
  carried(): CarriedState {
    return this.#normalizer.carried();
  }

  /** Time of the last line, µs. */
  get lastUs(): number {
    return this.#lastUs;
  }

  /** Time of the last line that is a sign of life, µs; 0 = none yet. */
  get aliveUs(): number {
    return this.#aliveUs;
  }

  /**
   * Translates the next line. Live, recovery, reprocess and verification all use it: the same lines
   * in the connection's order always give the same records.
   */
  line(line: CapturedLine | ScannedLine | FrameInLine): Normalized {
    this.lines++;
    return line.kind === "scanned" ? this.#scanned(line) : this.#captured(line);
  }

  #captured(line: CapturedLine | FrameInLine): Normalized {
    switch (line.kind) {
      case "line":
        return this.#inLine(line);
      case "frame":
        return this.#text(line.text, line.atUs, line.json);
      case "binary":
        return this.#unreadable(bufferOf(line.bytes), line.atUs, line.reason);
      case "event":
        return this.event(line, line.atUs);
    }
  }

  #text(text: string, atUs: number, known?: unknown): Normalized {
    const json = known === undefined ? jsonOf(text) : known;
    if (json !== undefined) return this.frame(json, text, atUs);
    return this.#unreadable(Buffer.from(text), atUs);
  }

  /** Scans a frame and translates it, as it was done when it was received. */
  #inLine({ lines, start, end, atUs }: FrameInLine): Normalized {
    const { scanner } = this.#normalizer;
    const offset = scanner === undefined ? -1 : scanner.scanInLine(lines, start, end);
    if (scanner === undefined || offset < 0) {
      return this.#text(lines.toString("utf8", start, end), atUs);
    }
    const first = this.#begins(atUs);
    const result = this.#normalizer.scanned?.(offset, lines, atUs);
    scanner.done();
    if (result !== undefined) return this.#withNotice(result, first, atUs);
    return this.#unscannedAfter(first, lines.toString("utf8", start, end), atUs);
  }

  /** Translates a JSON frame. An unreadable one gives a `gap` of reason `parse` besides the notice. */
  frame(json: unknown, text: string, receivedAtUs: number): Normalized {
    const first = this.#begins(receivedAtUs);
    return this.#withNotice(this.#read(json, text, receivedAtUs), first, receivedAtUs);
  }

  #read(json: unknown, text: string, atUs: number): Normalized {
    const result = this.#normalizer.normalize(json, text, atUs);
    if (this.#normalizer.scanner !== undefined && isUpdate(result.events.at(-1))) this.unscanned++;
    return result;
  }

  #scanned({ frame, scanner, offset, atUs }: ScannedLine): Normalized {
    const first = this.#begins(atUs);
    // A line translated a second time, by another translator, is no longer on the tape.
    if (scanner !== this.#normalizer.scanner) {
      return this.#unscannedAfter(first, frame.toString("utf8"), atUs);
    }
    const result = this.#normalizer.scanned?.(offset, frame, atUs);
    scanner.done();
    if (result !== undefined) return this.#withNotice(result, first, atUs);
    return this.#unscannedAfter(first, frame.toString("utf8"), atUs);
  }

  #unscannedAfter(first: MarketEvent[], text: string, atUs: number): Normalized {
    return this.#withNotice(this.#read(jsonOf(text), text, atUs), first, atUs);
  }

  #withNotice(result: Normalized, first: MarketEvent[], receivedAtUs: number): Normalized {
    if (first.length > 0) result.events.unshift(...first);
    if (result.notice !== undefined) this.#addParseGap(result, receivedAtUs);
    this.#aliveUs = receivedAtUs;
    return this.#number(result, receivedAtUs);
  }

  #addParseGap({ notice, events }: Normalized, receivedAtUs: number): void {
    if (notice?.type !== "unreadable" || notice.isCovered) return;
    events.push(parseGap(this.#feed, receivedAtUs, notice));
  }

  /** Handles a frame that is not JSON, or too large. */
  #unreadable(bytes: Buffer, atUs: number, reason = unreadableReason(bytes)): Normalized {
    const events = [...this.#begins(atUs), parseGap(this.#feed, atUs, { reason })];
    const lost = mayBeData(bytes) ? this.#normalizer.lost?.(reason, atUs) : undefined;
    this.#aliveUs = atUs;
    events.push(...lost?.events ?? []);
    const notice = { type: "unreadable", reason } as const;
    return this.#number({ events, send: lost?.send ?? [], notice }, atUs);
  }

  /** Handles an event of the connection. */
  event(event: ConnectionEvent, atUs: number): Normalized {
    const first = this.#begins(atUs, event.name);
    const result = eventRecords(event, {
      ...{ feed: this.#feed, normalizer: this.#normalizer, atUs },
      aliveUs: this.#aliveUs || atUs,
      turn: this.#turns?.beginning(this.#lastUs, atUs),
    });
    result.events.unshift(...first);
    if (isSignOfLife({ kind: "event", name: event.name })) this.#aliveUs = atUs;
    return this.#number(result, atUs);
  }

  /**
   * Returns snapshots of all valid books, as before the first line of a UTC day or turn, so that it
   * can be read on its own. A line that ends the books gives none.
   */
  #begins(atUs: number, event = ""): MarketEvent[] {
    const isAmid = this.#turns === undefined && atUs < this.#dayEndUs;
    return isAmid ? NOTHING : this.#firstRecords(atUs, event);
  }

  #firstRecords(atUs: number, event: string): MarketEvent[] {
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

  #turnBegins(turn: RunTurn, atUs: number, event: string): MarketEvent[] {
    const open = this.#turns?.openNews(turn, atUs) ?? [];
    const start = { feed: this.#feed, normalizer: this.#normalizer, lastUs: this.#lastUs };
    return [...open, ...gapBeforeTurn(turn, { ...start, atUs, event })];
  }

  #number(result: Normalized, atUs: number): Normalized {
    this.#turns?.select(result, atUs, this.#sequence + 1);
    this.#lastUs = atUs;
    const { events } = result;
    for (let i = 0; i < events.length; i++) {
      const event = events[i] as MarketEvent;
      event.sequence = ++this.#sequence;
      if (this.#run === 0) continue;
      event.run = this.#run;
      event.connection = this.#connection;
    }
    return result;
  }
}

function dayEndOf(us: number): number {
  return (Math.floor(us / DAY_US) + 1) * DAY_US;
}

/** Whether a record is a frequent update: trade, ticker or book delta. */
function isUpdate(event: MarketEvent | undefined): boolean {
  if (event === undefined) return false;
  return event.type === "trade" || event.type === "ticker" ||
    (event.type === "orderbook" && event.kind === "delta");
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
