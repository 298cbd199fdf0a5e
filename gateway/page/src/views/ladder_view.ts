import { add, byId, setAttribute, setText } from "../dom.ts";
import { remember, remembered } from "../remembered.ts";
import {
  groupLevels,
  priceNumber,
  priceText,
  sizeCharsMax,
  sizeDecimals,
  spreadText,
} from "../state/market_figures.ts";
import { emptyRow } from "../state/market_row.ts";
import type { Store } from "../state/store.ts";
import { type Digits, newDigits, setDigits } from "./digits.ts";

const RUNG_PX = 18;
const RUNGS_MAX = 100;
const GROUPS = [1, 10, 100];
const FLASH_MS = 450;

type Levels = [number, number][];

interface Rung {
  root: HTMLElement;
  price: HTMLElement;
  size: Digits;
  total: Digits;
}

/** Order book: asks above, bids below, with bars of cumulative size. */
export class LadderView {
  #store: Store;
  #boxes = { asks: byId("asks"), bids: byId("bids") };
  #rungs = { asks: [] as Rung[], bids: [] as Rung[] };
  /** Sizes last shown, by price. */
  #before = { asks: new Map<number, number>(), bids: new Map<number, number>() };
  /** Market, grouping and size decimals now shown. */
  #shown = "";
  #group = GROUPS.find((group) => String(group) === remembered("grouping")) ?? 1;
  #decimals = 0;
  #isCalm = matchMedia("(prefers-reduced-motion: reduce)");

  constructor(store: Store) {
    this.#store = store;
    new ResizeObserver(() => store.dirty.add("book")).observe(this.#boxes.bids);
    this.#buildGroups();
  }

  /** Shows the book of the focused market. */
  render(): void {
    const { book, dirty, focused } = this.#store;
    if (!dirty.has("book")) return;
    const shown = `${focused} ${this.#group}`;
    const isOther = shown !== this.#shown;
    if (isOther) this.#decimals = 0;
    this.#shown = shown;
    const levels = {
      asks: this.#grouped(book.sortedAsks(), true),
      bids: this.#grouped(book.sortedBids(), false),
    };
    const amounts = [...levels.asks, ...levels.bids].map(([, amount]) => amount);
    this.#decimals = Math.max(this.#decimals, sizeDecimals(amounts));
    const most = Math.max(total(levels.asks), total(levels.bids), Number.MIN_VALUE);
    const priceChars = this.#widenPrices([...levels.asks, ...levels.bids]);
    for (const side of ["asks", "bids"] as const) {
      this.#fill(side, levels[side], { most, isOther, priceChars });
    }
    this.#renderSpread(book.bestBid(), book.bestAsk());
    this.#renderState();
  }

  /** Gives prices the room that they need; returns the longest one's characters. */
  #widenPrices(levels: Levels): number {
    const row = this.#store.current ?? emptyRow("", "");
    const chars = Math.max(0, ...levels.map(([price]) => priceNumber(row, price).length));
    byId("ladder").style.setProperty("--price", String(chars));
    return chars;
  }

  #grouped(levels: Levels, isAsk: boolean): Levels {
    const decimals = this.#store.current?.decimals ?? 2;
    const grouped = groupLevels(levels, { decimals, group: this.#group, isAsk });
    return grouped.slice(0, roomIn(isAsk ? this.#boxes.asks : this.#boxes.bids)).map((
      [price, amount],
    ) => [price, Number(amount.toFixed(8))]);
  }

  #buildGroups(): void {
    for (const group of GROUPS) {
      const button = add(byId("grouping"), "button", { text: `×${group}` });
      button.title = `Levels of ${group === 1 ? "one price step" : `${group} price steps`}`;
      const press = () => {
        for (const other of byId("grouping").children) {
          setAttribute(other, "aria-pressed", String(other === button));
        }
      };
      if (group === this.#group) press();
      button.onclick = () => {
        this.#group = group;
        remember("grouping", String(group));
        press();
        this.#store.dirty.add("book");
      };
    }
  }

  #renderState(): void {
    const { book } = this.#store;
    const checksum = book.checksum === "verified" ? " ✓" : "";
    const state = byId("book-state");
    setText(state, book.known ? `${book.bids.size} × ${book.asks.size}${checksum}` : "no snapshot");
    state.title = book.known
      ? `Levels of bids × asks${checksum && "; the venue's checksum is right"}`
      : "Waiting for a snapshot";
    byId("ladder").classList.toggle("suspect", !book.known);
  }

  #renderSpread(bid: number | undefined, ask: number | undefined): void {
    const box = byId("spread");
    if (bid === undefined || ask === undefined) {
      // Without a snapshot the orders are unknown.
      if (!this.#store.book.known) return box.replaceChildren("no snapshot");
      const isEmpty = bid === undefined && ask === undefined;
      return box.replaceChildren(isEmpty ? "no orders" : "one side only");
    }
    const row = this.#store.current ?? emptyRow("", "");
    const mid = document.createElement("b");
    mid.textContent = priceText(row, (bid + ask) / 2, 1);
    const spread = document.createElement("span");
    spread.textContent = `spread ${spreadText(row, bid, ask)}`;
    box.replaceChildren(mid, spread);
  }

  #fill(
    side: "asks" | "bids",
    levels: Levels,
    { most, isOther, priceChars }: { most: number; isOther: boolean; priceChars: number },
  ): void {
    const rungs = this.#rungs[side];
    while (rungs.length < levels.length) rungs.push(newRung(this.#boxes[side], side === "asks"));
    const row = this.#store.current ?? emptyRow("", "");
    const before = this.#before[side];
    const digits = { decimals: this.#decimals, charsMax: sizeCharsMax(priceChars) };
    let sum = 0;
    for (const [i, rung] of rungs.entries()) {
      const level = levels[i];
      rung.root.style.display = level === undefined ? "none" : "";
      if (level === undefined) continue;
      const [price, amount] = level;
      sum += amount;
      setText(rung.price, priceNumber(row, price));
      setDigits(rung.size, amount, digits);
      setDigits(rung.total, sum, digits);
      rung.root.style.setProperty("--w", String(Math.round(sum / most * 1000) / 10));
      const was = before.get(price) ?? 0;
      if (!isOther && was !== amount && before.size > 0) this.#flash(rung, amount > was);
    }
    this.#before[side] = new Map(levels);
  }

  #flash({ root }: Rung, isMore: boolean): void {
    if (this.#isCalm.matches) return;
    const backgroundColor = isMore ? "var(--up-bar)" : "var(--down-bar)";
    for (const running of root.getAnimations()) running.cancel();
    root.animate([{ backgroundColor }, { backgroundColor: "transparent" }], FLASH_MS);
  }
}

function newRung(parent: HTMLElement, atFront: boolean): Rung {
  const root = add(parent, "div", { className: "rung" });
  if (atFront) parent.prepend(root);
  const rung = { root, price: add(root, "span"), size: newDigits(root), total: newDigits(root) };
  add(root, "i");
  return rung;
}

function total(levels: Levels): number {
  return levels.reduce((sum, level) => sum + level[1], 0);
}

function roomIn(box: HTMLElement): number {
  return Math.max(4, Math.min(RUNGS_MAX, Math.floor(box.clientHeight / RUNG_PX)));
}
