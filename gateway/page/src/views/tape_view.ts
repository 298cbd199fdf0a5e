import { add, byId, setClass, setText } from "../dom.ts";
import { count, size, timeMs } from "../format.ts";
import { priceNumber } from "../state/market_figures.ts";
import { emptyRow, type MarketRow } from "../state/market_row.ts";
import type { Store } from "../state/store.ts";
import type { Mark, Print } from "../state/tape.ts";

const ROWS_MAX = 40;
const ROW_PX = 18;
/** Multiple of the usual size above which a trade is highlighted. */
const BIG_FACTOR = 8;

type Entry = Print | Mark;

/** Newest trades of the focused market, newest on top, with marks where some are missing. */
export class TapeView {
  #store: Store;
  #list = byId("tape");
  #rows: HTMLElement[] = [];

  constructor(store: Store) {
    this.#store = store;
    new ResizeObserver(() => store.dirty.add("tape")).observe(this.#list);
  }

  /** Shows what changed. */
  render(): void {
    const { dirty, tape, current } = this.#store;
    if (dirty.has("second")) this.#renderRate();
    if (!dirty.has("tape")) return;
    const { entries } = tape;
    const room = Math.max(5, Math.min(ROWS_MAX, Math.floor(this.#list.clientHeight / ROW_PX)));
    while (this.#rows.length < room) this.#rows.push(newRow(this.#list));
    const market = current ?? emptyRow("", "");
    const big = usualSize(entries) * BIG_FACTOR;
    for (let i = 0; i < this.#rows.length; i++) {
      const row = this.#rows[i] as HTMLElement;
      const entry = i < room ? entries[entries.length - 1 - i] : undefined;
      row.style.display = entry === undefined ? "none" : "";
      if (entry === undefined) continue;
      if ("mark" in entry) showMark(row, entry);
      else showPrint(row, entry, { market, big: entry.size > big });
    }
  }

  #renderRate(): void {
    const sinceMs = Date.now() - 60_000;
    const { entries } = this.#store.tape;
    let number = 0;
    for (let i = entries.length - 1; i >= 0; i--) {
      const entry = entries[i] as Entry;
      if ("mark" in entry) continue;
      if (entry.recvMs <= sinceMs) break;
      number++;
    }
    setText(byId("tape-rate"), number === 0 ? "" : `${count(number)} in the last minute`);
  }
}

function newRow(list: HTMLElement): HTMLElement {
  const row = add(list, "div", { className: "print" });
  for (let i = 0; i < 3; i++) add(row, "span");
  return row;
}

function showPrint(
  row: HTMLElement,
  print: Print,
  { market, big }: { market: MarketRow; big: boolean },
): void {
  setClass(row, `print ${print.side}${big ? " big" : ""}`);
  setText(row.children[0] as Element, priceNumber(market, print.price));
  setText(row.children[1] as Element, size(print.size));
  setText(row.children[2] as Element, timeMs(print.ms));
  row.title = "";
}

function showMark(row: HTMLElement, { mark, ms }: Mark): void {
  setClass(row, "print gap-mark");
  setText(row.children[0] as Element, mark);
  setText(row.children[1] as Element, "");
  setText(row.children[2] as Element, timeMs(ms));
  row.title = mark;
}

/** Median size of the last trades. */
function usualSize(entries: readonly Entry[]): number {
  const sizes = entries.slice(-99).flatMap((entry) => "mark" in entry ? [] : [entry.size])
    .sort((a, b) => a - b);
  return sizes[sizes.length >> 1] ?? Infinity;
}
