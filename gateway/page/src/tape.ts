import { add, byId, setText } from "./dom.ts";
import { count, price, size, timeMs } from "./format.ts";
import type { Print, Store } from "./store.ts";

const ROWS_MAX = 40;
const ROW_PX = 18;
/** A trade this many times the usual size stands out. */
const BIG_FACTOR = 8;

/** The newest trades of the selected market, newest on top. */
export class TapeView {
  #store: Store;
  #list = byId("tape");
  #rows: HTMLElement[] = [];

  constructor(store: Store) {
    this.#store = store;
    addEventListener("resize", () => store.dirty.add("tape"));
  }

  /** Shows what changed. */
  render(): void {
    const { dirty, trades, current } = this.#store;
    if (!dirty.has("tape")) return;
    const room = Math.max(5, Math.min(ROWS_MAX, Math.floor(this.#list.clientHeight / ROW_PX)));
    while (this.#rows.length < room) this.#rows.push(newRow(this.#list));
    const decimals = current?.decimals ?? 2;
    const big = usualSize(trades) * BIG_FACTOR;
    for (let i = 0; i < this.#rows.length; i++) {
      const row = this.#rows[i] as HTMLElement;
      const print = i < room ? trades[trades.length - 1 - i] : undefined;
      row.style.display = print === undefined ? "none" : "";
      if (print !== undefined) show(row, print, decimals, print.size > big);
    }
  }

  /** Shows how many trades a minute there are; called once a second. */
  renderRate(): void {
    const sinceMs = Date.now() - 60_000;
    const trades = this.#store.trades;
    let number = 0;
    for (let i = trades.length - 1; i >= 0 && (trades[i] as Print).ms > sinceMs; i--) number++;
    setText(byId("tape-rate"), number === 0 ? "" : `${count(number)} in the last minute`);
  }
}

function newRow(list: HTMLElement): HTMLElement {
  const row = add(list, "div", "print");
  for (let i = 0; i < 3; i++) add(row, "span");
  return row;
}

function show(row: HTMLElement, print: Print, decimals: number, big: boolean): void {
  const name = `print ${print.side}${big ? " big" : ""}`;
  if (row.className !== name) row.className = name;
  setText(row.children[0] as Element, price(print.price, decimals));
  setText(row.children[1] as Element, size(print.size));
  setText(row.children[2] as Element, timeMs(print.ms));
}

/** The median of the last trades' sizes. */
function usualSize(trades: readonly Print[]): number {
  const sizes = trades.slice(-99).map((print) => print.size).sort((a, b) => a - b);
  return sizes[sizes.length >> 1] ?? Infinity;
}
