import { exactStepsOfText } from "@ssmd/market";
import { ExactBook } from "../../kraken/mod.ts";
import { stringField } from "../json_text.ts";
import { bookSnapshotFrame, type Precision } from "./book.ts";

/** A level with its numbers, or their texts. */
const LEVEL = /"price":\s*"?([\d.eE+-]+)"?,\s*"qty":\s*"?([\d.eE+-]+)"?/g;

/** Kraken's book of one symbol from what a capture showed of it. */
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

  /** The connection broke: what follows begins with a snapshot. */
  clear(): void {
    this.#known = false;
  }

  /** Takes in a frame of the book channel, or one that has nothing to do with it. */
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
      // A level that cannot be read would make the whole snapshot unreadable.
      if (priceSteps === undefined || sizeSteps === undefined) continue;
      this.#book[side].set(priceSteps, sizeSteps);
    }
  }

  /** The snapshot as it would be now; undefined when the capture has shown none yet. */
  snapshot(): string | undefined {
    if (!this.#known) return undefined;
    return bookSnapshotFrame(this.#symbol, this.#book, {
      depth: this.#depth,
      precision: this.#precision,
      timestamp: this.#timestamp,
    });
  }
}
