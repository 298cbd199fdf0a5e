import { add, byId, setText } from "../dom.ts";
import { price, size } from "../format.ts";
import type { Store } from "../state/store.ts";

const RUNG_PX = 18;
const RUNGS_MAX = 40;

type Levels = [number, number][];

interface Rung {
  root: HTMLElement;
  price: HTMLElement;
  size: HTMLElement;
  total: HTMLElement;
}

/** The order book: asks above, bids below, bars for the size up to each level. */
export class LadderView {
  #store: Store;
  #asks = byId("asks");
  #bids = byId("bids");
  #rungs = { asks: [] as Rung[], bids: [] as Rung[] };

  constructor(store: Store) {
    this.#store = store;
    new ResizeObserver(() => store.dirty.add("book")).observe(this.#bids);
  }

  /** Shows the book of the focused market. */
  render(): void {
    const { book, dirty } = this.#store;
    if (!dirty.has("book")) return;
    const asks = book.sortedAsks().slice(0, roomIn(this.#asks));
    const bids = book.sortedBids().slice(0, roomIn(this.#bids));
    const most = Math.max(total(asks), total(bids), Number.MIN_VALUE);
    this.#fill("asks", asks, most);
    this.#fill("bids", bids, most);
    this.#renderSpread(bids[0]?.[0], asks[0]?.[0]);
    const checksum = book.checksum === "verified" ? " · checksum ok" : "";
    setText(
      byId("book-state"),
      book.known ? `${book.bids.size} × ${book.asks.size}${checksum}` : "waiting for a snapshot",
    );
    byId("ladder").classList.toggle("suspect", !book.known);
  }

  #renderSpread(bid: number | undefined, ask: number | undefined): void {
    const box = byId("spread");
    if (bid === undefined || ask === undefined) {
      const isEmpty = bid === undefined && ask === undefined;
      return box.replaceChildren(isEmpty ? "no orders" : "one side only");
    }
    const decimals = this.#store.current?.decimals ?? 2;
    const mid = document.createElement("b");
    mid.textContent = price((bid + ask) / 2, Math.min(10, decimals + 1));
    const spread = document.createElement("span");
    const points = bid + ask > 0 ? (ask - bid) / ((ask + bid) / 2) * 10_000 : 0;
    spread.textContent = `spread ${price(ask - bid, decimals)} · ${
      points.toFixed(points < 10 ? 2 : 0)
    } bp`;
    box.replaceChildren(mid, spread);
  }

  #fill(side: "asks" | "bids", levels: Levels, most: number): void {
    const rungs = this.#rungs[side];
    const parent = side === "asks" ? this.#asks : this.#bids;
    while (rungs.length < levels.length) rungs.push(newRung(parent, side === "asks"));
    const decimals = this.#store.current?.decimals ?? 2;
    let sum = 0;
    for (let i = 0; i < rungs.length; i++) {
      const rung = rungs[i] as Rung;
      const level = levels[i];
      rung.root.style.display = level === undefined ? "none" : "";
      if (level === undefined) continue;
      sum += level[1];
      setText(rung.price, price(level[0], decimals));
      setText(rung.size, size(level[1]));
      setText(rung.total, size(sum));
      rung.root.style.setProperty("--w", String(Math.round(sum / most * 1000) / 10));
    }
  }
}

function newRung(parent: HTMLElement, atFront: boolean): Rung {
  const root = add(parent, "div", { className: "rung" });
  if (atFront) parent.prepend(root);
  return { root, price: add(root, "span"), size: add(root, "span"), total: add(root, "span") };
}

function total(levels: Levels): number {
  return levels.reduce((sum, level) => sum + level[1], 0);
}

function roomIn(box: HTMLElement): number {
  return Math.max(4, Math.min(RUNGS_MAX, Math.floor(box.clientHeight / RUNG_PX)));
}
