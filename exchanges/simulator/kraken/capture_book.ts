import { exactStepsOfText } from "@ssmd/market";
import { ExactBook } from "../../kraken/mod.ts";
import { stringField } from "../json_text.ts";
import { bookSnapshotFrame, type Precision } from "./book.ts";

/** A level, with numbers or their texts. */
const LEVEL = /"price":\s*"?([\d.eE+-]+)"?,\s*"qty":\s*"?([\d.eE+-]+)"?/g;

/** Book of one symbol at the current position of a capture. */
export class KrakenCaptureBook {
  #book = new ExactBook();
  #precision: Precision;
  #depth: number;
  #symbol: string;
  #timestamp = "";
  #known = false;

  constructor(symbol: string, depth: number, precision: Precision) {
    this.#symbol = symbol;
    this.#depth = depth;
    this.#precision = precision;
  }

  /** Clears the book on a disconnect: a snapshot follows. */
  clear(): void {
    this.#known = false;
  }

  /** Applies a frame; ignores those of other channels and symbols. */
  apply(text: string): void {
    if (stringField(text, "symbol") !== this.#symbol || text.includes(`"method":`)) return;
    if (stringField(text, "channel") !== "book") return;
    if (stringField(text, "type") === "snapshot") {
      this.#book = new ExactBook();
      this.#known = true;
    }
    const asks = text.indexOf(`"asks":`);
    const bids = text.indexOf(`"bids":`);
    this.#levels("bids", text.slice(bids, asks > bids ? asks : undefined));
    this.#levels("asks", text.slice(asks, bids > asks ? bids : undefined));
    this.#book.truncate(this.#depth);
    this.#timestamp = stringField(text, "timestamp") ?? this.#timestamp;
  }

  #levels(side: "bids" | "asks", text: string): void {
    const { priceDecimals, sizeDecimals } = this.#precision;
    for (const [, price = "", qty = ""] of text.matchAll(LEVEL)) {
      const priceSteps = exactStepsOfText(price, priceDecimals);
      const sizeSteps = exactStepsOfText(qty, sizeDecimals);
      // An unreadable level would make the whole snapshot unreadable.
      if (priceSteps === undefined || sizeSteps === undefined) continue;
      this.#book[side].set(priceSteps, sizeSteps);
    }
  }

  /** Snapshot of the current book; undefined before the capture's first one. */
  snapshot(): string | undefined {
    if (!this.#known) return undefined;
    return bookSnapshotFrame(this.#symbol, this.#book, {
      depth: this.#depth,
      precision: this.#precision,
      timestamp: this.#timestamp,
    });
  }
}
