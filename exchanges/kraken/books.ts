import type { Level } from "@ssmd/market";
import type { Normalized } from "../adapter.ts";
import { BookSet, type BookSetOptions } from "../book_set.ts";
import type { Precision } from "../tracked_book.ts";
import { markUnreadable, noteBeside } from "../unreadable.ts";
import { bookDataOf, type CheckedBookData, KrakenBook } from "./book.ts";
import type { KrakenBookState } from "./book_state.ts";
import { LEVELS_CHECKED } from "./checksum.ts";
import type { Instruments } from "./instrument.ts";
import { type KrakenBookData, type KrakenFrame, objectOf } from "./messages.ts";
import { frameOfTexts, precisionOfSnapshot } from "./precision.ts";
import { BOOK, type KrakenScanner } from "./scanner.ts";
import { DEFAULT_DEPTH } from "./subscribe.ts";
import { timestampOf } from "./time.ts";

/** An element of a frame, with its index and the frame's text. */
interface Element {
  data: CheckedBookData;
  index: number;
  text: string;
}

/** Books of a connection: verifies every snapshot and update, and rebuilds books that fail. */
export class Books extends BookSet<KrakenBook, KrakenBookState> {
  #instruments: Instruments;

  /** Creates the set; `instruments` supplies precisions, too. */
  constructor(options: BookSetOptions, instruments: Instruments) {
    super(options);
    this.#instruments = instruments;
  }

  /** Handles a frame of the book channel. */
  frame(data: unknown[], isSnapshot: boolean, text: string, atUs: number, out: Normalized): void {
    const precisions = isSnapshot ? precisionOfSnapshot(text) : undefined;
    for (let i = 0; i < data.length; i++) {
      const element = bookDataOf(data[i]);
      if (element === undefined) {
        this.#unreadable(data[i], atUs, out);
        continue;
      }
      const found = { data: element, index: i, text };
      if (precisions === undefined) this.#update(found, atUs, out);
      else {
        const seen = precisions.get(element.symbol) ?? { price: 0, size: 0 };
        const known = this.#instruments.precision(element.symbol);
        this.#snapshot(
          found,
          {
            price: Math.max(seen.price, known?.price ?? 0),
            size: Math.max(seen.size, known?.size ?? 0),
          },
          atUs,
          out,
        );
      }
    }
  }

  /** Invalidates the book of an unreadable element, with one gap only. */
  #unreadable(value: unknown, atUs: number, out: Normalized): void {
    const external = objectOf<KrakenBookData>(value)?.symbol;
    const reason = "A book element lacks its symbol or checksum.";
    if (typeof external !== "string") return markUnreadable(out, { reason, channel: "orderbook" });
    const book = this.find(external);
    if (book !== undefined) this.#invalidate(book, "parse", reason, atUs, out);
    markUnreadable(out, {
      ...{ reason, channel: "orderbook", symbol: this.symbols.ours(external) },
      isCovered: book !== undefined,
    });
  }

  #update(element: Element, atUs: number, out: Normalized): void {
    const { data } = element;
    const book = this.find(data.symbol);
    if (book === undefined || !book.valid) {
      noteBeside(out, { type: "dropped", what: `update of the suspect book ${data.symbol}` });
      return;
    }
    const event = book.record({
      ...{ feed: this.feed, kind: "delta", bids: [], asks: [] },
      ...{ timestampUs: timestampOf(data.timestamp), receivedAtUs: atUs },
    });
    if (this.#apply(book, element, event, atUs, out)) {
      out.events.push(event);
    }
  }

  /** Applies an update from the scanner's tape; false = it must be parsed as JSON. */
  scanned(scanner: KrakenScanner, offset: number, atUs: number, out: Normalized): boolean {
    const { tape } = scanner;
    const external = scanner.textOf(tape[offset + BOOK.symbol] as number);
    const book = this.find(external);
    if (book === undefined || !book.valid) {
      noteBeside(out, { type: "dropped", what: `update of the suspect book ${external}` });
      return true;
    }
    const levels = book.applyScanned(tape, offset);
    if (levels === undefined) return false;
    if (!this.#verify(book, tape[offset + BOOK.checksum] as number, atUs, out)) return true;
    out.events = [book.record({
      timestampUs: tape[offset + BOOK.timeUs] as number,
      receivedAtUs: atUs,
      feed: this.feed,
      kind: "delta",
      bids: levels.bids,
      asks: levels.asks,
    })];
    return true;
  }

  #snapshot(
    element: Element,
    precision: Precision,
    atUs: number,
    out: Normalized,
  ): void {
    const { data } = element;
    const book = this.bookOf(data.symbol, atUs);
    book.coverDepth(data);
    const timestampUs = timestampOf(data.timestamp);
    const scaled = book.reset(precision);
    if (!scaled) {
      const reason = `Prices or sizes of ${book.external} have too many digits.`;
      this.#invalidate(book, "parse", reason, atUs, out);
      noteBeside(out, { type: "dropped", what: reason });
      return;
    }
    if (!this.#apply(book, element, { bids: [], asks: [], timestampUs }, atUs, out)) return;
    this.heal(book, timestampUs, atUs, out);
  }

  /** Applies and verifies an element; on failure the book is invalidated and requested again. */
  #apply(
    book: KrakenBook,
    { data, index, text }: Element,
    { bids, asks, timestampUs }: { bids: Level[]; asks: Level[]; timestampUs: number },
    atUs: number,
    out: Normalized,
  ): boolean {
    const texts = () => elementOfTexts(text, index);
    const applied = Number.isNaN(timestampUs) ? "unreadable" : book.apply(data, texts, bids, asks);
    if (applied === "applied") return this.#verify(book, data.checksum, atUs, out);
    if (applied === "precision") {
      const detail = `${book.external} has more digits after the point than its book.`;
      this.#invalidate(book, "checksum", detail, atUs, out);
      noteBeside(out, { type: "dropped", what: detail });
    } else {
      const reason = `A level or the timestamp of ${book.external} is unreadable.`;
      this.#invalidate(book, "parse", reason, atUs, out);
      markUnreadable(out, { reason, symbol: book.symbol, channel: "orderbook", isCovered: true });
    }
    return false;
  }

  #verify(book: KrakenBook, checksum: number, atUs: number, out: Normalized): boolean {
    const sum = book.truncatedChecksum();
    if (sum === checksum) {
      book.lastGoodAtUs = atUs;
      return true;
    }
    const detail = `The venue's checksum of ${book.external} is ${checksum}, ours ${sum}.`;
    this.#invalidate(book, "checksum", detail, atUs, out);
    noteBeside(out, { type: "dropped", what: detail });
    return false;
  }

  /** Invalidates a book, with one gap only, and requests a snapshot. */
  #invalidate(
    book: KrakenBook,
    reason: "checksum" | "parse",
    detail: string,
    atUs: number,
    out: Normalized,
  ): void {
    const fromUs = book.lastGoodAtUs || atUs;
    if (book.gap !== null) this.drop(book, fromUs, atUs);
    else this.invalidate([book], { reason, fromUs, missed: null, detail }, atUs, out);
  }

  /** Levels per side of a pair's subscription. */
  depthOf(external: string): number {
    const known = this.find(external)?.depth;
    return known ?? this.symbols.spec(external)?.depth ?? DEFAULT_DEPTH;
  }

  /** Handles the acknowledgement of a pair's book subscription; `depth` is the venue's. */
  acknowledged(external: string, depth: unknown, atUs: number): void {
    const book = this.bookOf(external, atUs);
    if (typeof depth === "number" && Number.isSafeInteger(depth) && depth > 0) book.depth = depth;
  }

  /** Snapshot frames in the venue's format of all valid books. */
  snapshotFrames(): string[] {
    return this.validBooks().map((book) => book.snapshotFrame());
  }

  /** The checksum is of the best levels only. */
  protected override isBlind(book: KrakenBook): boolean {
    return book.depth > LEVELS_CHECKED;
  }

  protected create(external: string, lostUs: number): KrakenBook {
    const { depth } = this.symbols.spec(external) ?? {};
    return new KrakenBook({ external, symbol: this.symbols.ours(external), depth, lostUs });
  }

  protected stateOf(book: KrakenBook): KrakenBookState {
    return book.state();
  }

  protected bookOfState(state: KrakenBookState): KrakenBook {
    return KrakenBook.restore(state, this.symbols.ours(state.external));
  }
}

/** Element of a frame with its numbers as texts. */
function elementOfTexts(text: string, index: number): KrakenBookData | undefined {
  const data = objectOf<KrakenFrame>(frameOfTexts(text))?.data;
  return Array.isArray(data) ? objectOf<KrakenBookData>(data[index]) : undefined;
}
