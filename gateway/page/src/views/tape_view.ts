import { gatewayNowMs } from "../clock.ts";
import { add, byId, setClass, setText } from "../dom.ts";
import { timeMs } from "../format.ts";
import { priceNumber, sizeCharsMax, sizeDecimals } from "../state/market_figures.ts";
import { emptyRow, type MarketRow } from "../state/market_row.ts";
import type { Store } from "../state/store.ts";
import type { Mark, Print } from "../state/tape.ts";
import { type Digits, newDigits, setDigits } from "./digits.ts";

const ROWS_MAX = 40;
const ROW_PX = 18;
/** Multiple of the usual size above which a trade is highlighted. */
const BIG_FACTOR = 8;

type Entry = Print | Mark;

interface Row {
  root: HTMLElement;
  price: HTMLElement;
  size: Digits;
  time: HTMLElement;
}

/** Newest trades of the focused market, newest on top, with marks where some are missing. */
export class TapeView {
  #store: Store;
  #list = byId("tape");
  #rows: Row[] = [];
  /** Market shown, and the decimals of its sizes. */
  #shown = "";
  #decimals = 0;

  constructor(store: Store) {
    this.#store = store;
    new ResizeObserver(() => store.dirty.add("tape")).observe(this.#list);
  }

  /** Shows what changed. */
  render(): void {
    const { dirty, tape, current, focused } = this.#store;
    if (dirty.has("second")) setText(byId("tape-rate"), tape.rateText(gatewayNowMs()));
    if (!dirty.has("tape")) return;
    const { entries } = tape;
    const room = Math.max(5, Math.min(ROWS_MAX, Math.floor(this.#list.clientHeight / ROW_PX)));
    while (this.#rows.length < room) this.#rows.push(newRow(this.#list));
    const market = current ?? emptyRow("", "");
    const big = usualSize(entries) * BIG_FACTOR;
    const seen = entries.slice(-room).reverse();
    if (focused !== this.#shown) this.#decimals = 0;
    this.#shown = focused;
    const sizes = seen.flatMap((entry) => "mark" in entry ? [] : [entry.size]);
    const decimals = this.#decimals = Math.max(this.#decimals, sizeDecimals(sizes));
    const prices = seen.flatMap((entry) => "mark" in entry ? [] : [entry.price]);
    const priceChars = Math.max(0, ...prices.map((price) => priceNumber(market, price).length));
    this.#list.parentElement?.style.setProperty("--price", String(priceChars));
    const digits = { decimals, charsMax: sizeCharsMax(priceChars) };
    for (const [i, row] of this.#rows.entries()) {
      const entry = seen[i];
      row.root.style.display = entry === undefined ? "none" : "";
      if (entry === undefined) continue;
      if ("mark" in entry) showMark(row, entry);
      else showPrint(row, entry, { market, digits, big: entry.size > big });
    }
  }
}

function newRow(list: HTMLElement): Row {
  const root = add(list, "div", { className: "print" });
  return { root, price: add(root, "span"), size: newDigits(root), time: add(root, "span") };
}

function showPrint(
  { root, price, size, time }: Row,
  print: Print,
  { market, digits, big }: {
    market: MarketRow;
    digits: { decimals: number; charsMax: number };
    big: boolean;
  },
): void {
  setClass(root, `print ${print.side}${big ? " big" : ""}`);
  setText(price, priceNumber(market, print.price));
  setDigits(size, print.size, digits);
  setText(time, timeMs(print.ms));
  root.title = "";
}

function showMark({ root, price, size, time }: Row, { mark, ms }: Mark): void {
  setClass(root, "print gap-mark");
  setText(price, mark);
  setDigits(size, undefined, { decimals: 0, charsMax: 0 });
  setText(time, timeMs(ms));
  root.title = mark;
}

/** Median size of the last trades. */
function usualSize(entries: readonly Entry[]): number {
  const sizes = entries.slice(-99).flatMap((entry) => "mark" in entry ? [] : [entry.size])
    .sort((a, b) => a - b);
  return sizes[sizes.length >> 1] ?? Infinity;
}
