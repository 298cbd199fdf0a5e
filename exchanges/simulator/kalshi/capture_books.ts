import { stepsOfText } from "@ssmd/market";
import { numberField, stringField } from "../json_text.ts";
import { contractsText } from "./publisher.ts";

interface KalshiBook {
  marketId: string;
  yes: Map<string, number>;
  no: Map<string, number>;
}

/** Books of the recorded connection at the current position of a capture. */
export class KalshiCaptureBooks {
  /** Last sequence of the order book sid. */
  seq = 0;
  sid = 0;
  #books = new Map<string, KalshiBook>();

  /** Clears all on a disconnect: snapshots follow. */
  clear(): void {
    this.#books.clear();
  }

  /** Applies any frame. */
  apply(text: string): void {
    const type = stringField(text, "type");
    if (type === "subscribed") {
      if (stringField(text, "channel") === "orderbook_delta") this.#books.clear();
      return;
    }
    const sid = numberField(text, "sid");
    const book = type === "orderbook_snapshot" || type === "orderbook_delta";
    if (book) this.sid = sid;
    if (!Number.isNaN(sid) && sid === this.sid) this.seq = numberField(text, "seq") || this.seq;
    if (type === "orderbook_snapshot") this.#snapshot(text);
    else if (type === "orderbook_delta") this.#delta(text);
  }

  #snapshot(text: string): void {
    const { msg } = JSON.parse(text) as {
      msg: {
        market_ticker: string;
        market_id?: string;
        yes_dollars_fp?: [string, string][];
        no_dollars_fp?: [string, string][];
      };
    };
    const side = (levels: [string, string][] = []) =>
      new Map(levels.map(([price, size]) => [price, stepsOfText(size, 2)]));
    this.#books.set(msg.market_ticker, {
      marketId: msg.market_id ?? "",
      yes: side(msg.yes_dollars_fp),
      no: side(msg.no_dollars_fp),
    });
  }

  #delta(text: string): void {
    const book = this.#books.get(stringField(text, "market_ticker") ?? "");
    if (book === undefined) return;
    const side = stringField(text, "side") === "no" ? book.no : book.yes;
    const price = stringField(text, "price_dollars") ?? "";
    const size = (side.get(price) ?? 0) + stepsOfText(stringField(text, "delta_fp") ?? "0", 2);
    if (size > 0) side.set(price, size);
    else side.delete(price);
  }

  /** Tickers of known markets. */
  get tickers(): string[] {
    return [...this.#books.keys()];
  }

  /** Snapshot of a market; undefined when unknown. */
  snapshot(ticker: string, numbering: { sid: number; seq: number }): string | undefined {
    const book = this.#books.get(ticker);
    if (book === undefined) return undefined;
    const side = (name: string, levels: Map<string, number>) =>
      levels.size === 0 ? "" : `,"${name}":[${
        [...levels].sort(([a], [b]) => Number(a) - Number(b))
          .map(([price, size]) => `["${price}","${contractsText(size)}"]`).join(",")
      }]`;
    return `{"type":"orderbook_snapshot","sid":${numbering.sid},"seq":${numbering.seq},"msg":{` +
      `"market_ticker":"${ticker}","market_id":"${book.marketId}"` +
      `${side("yes_dollars_fp", book.yes)}${side("no_dollars_fp", book.no)}}}`;
  }
}
