import { add, byId, flash, setText } from "./dom.ts";
import { percent, price } from "./format.ts";
import { ACTIVITY_SECONDS, type MarketRow, type Store } from "./store.ts";

/** Rows on the page at once; the search narrows down to the others. */
const ROWS_MAX = 300;

interface RowView {
  root: HTMLElement;
  venue: HTMLElement;
  canvas: HTMLCanvasElement;
  last: HTMLElement;
  change: HTMLElement;
  bid: HTMLElement;
  ask: HTMLElement;
}

/** The list of markets: search, choice by click and arrow keys, last prices that flash. */
export class MarketsView {
  #store: Store;
  #choose: (symbol: string) => void;
  #list = byId("markets");
  #search = byId<HTMLInputElement>("search");
  #views = new Map<string, RowView>();
  #shown: MarketRow[] = [];

  constructor(store: Store, choose: (symbol: string) => void) {
    this.#store = store;
    this.#choose = choose;
    this.#search.addEventListener("input", () => store.dirty.add("list"));
    this.#list.addEventListener("click", (event) => {
      const row = (event.target as Element).closest<HTMLElement>(".row");
      if (row?.dataset["symbol"] !== undefined) choose(row.dataset["symbol"]);
    });
    document.addEventListener("keydown", (event) => this.#onKey(event));
  }

  /** Brings the list in line with what changed. */
  render(): void {
    const dirty = this.#store.dirty;
    if (dirty.has("list")) this.#arrange();
    for (const what of dirty) {
      if (what.startsWith("row:")) this.#update(what.slice(4));
    }
    if (dirty.has("activity")) this.#drawActivity();
  }

  /** Chooses the market `step` rows further. */
  move(step: number): void {
    const at = this.#shown.findIndex((row) => row.symbol === this.#store.selected);
    const next = this.#shown[Math.max(0, Math.min(this.#shown.length - 1, at + step))];
    if (next !== undefined && next.symbol !== this.#store.selected) this.#choose(next.symbol);
  }

  #arrange(): void {
    const wanted = this.#search.value.trim().toUpperCase();
    const all = [...this.#store.markets.values()];
    const feeds = Map.groupBy(all, (row) => row.feed).values();
    const found = [...feeds].flat().filter((row) =>
      wanted === "" || row.symbol.toUpperCase().includes(wanted) ||
      row.external.toUpperCase().includes(wanted) || row.feed.toUpperCase().includes(wanted)
    );
    this.#shown = found.slice(0, ROWS_MAX);
    const rows: Element[] = this.#shown.map((row) => this.#viewOf(row).root);
    if (found.length > ROWS_MAX || found.length === 0) rows.push(this.#rest(found.length));
    this.#list.replaceChildren(...rows);
    for (const row of this.#shown) this.#update(row.symbol);
    setText(
      byId("market-count"),
      wanted === "" ? `${all.length}` : `${found.length}/${all.length}`,
    );
    const selected = this.#views.get(this.#store.selected)?.root;
    selected?.scrollIntoView({ block: "nearest" });
  }

  #rest(count: number): Element {
    const note = document.createElement("div");
    note.className = "more";
    note.textContent = count === 0 ? "No market matches." : `${count - ROWS_MAX} more: search`;
    return note;
  }

  #viewOf(row: MarketRow): RowView {
    const known = this.#views.get(row.symbol);
    if (known !== undefined) return known;
    const root = document.createElement("div");
    root.className = "row";
    root.setAttribute("role", "option");
    root.dataset["symbol"] = row.symbol;
    const symbol = add(root, "span", "sym");
    const [head, tail] = headAndTail(row.symbol);
    add(symbol, "span").textContent = head;
    add(symbol, "span").textContent = tail;
    symbol.title = row.symbol;
    const last = add(root, "span", "last");
    const bid = add(root, "span", "bid");
    const sub = add(root, "span", "sub");
    const canvas = add(sub, "canvas");
    const venue = add(sub, "span");
    const view = {
      root,
      venue,
      canvas,
      last,
      change: add(root, "span", "chg"),
      bid,
      ask: add(root, "span", "ask"),
    };
    this.#views.set(row.symbol, view);
    return view;
  }

  #update(symbol: string): void {
    const view = this.#views.get(symbol);
    const row = this.#store.markets.get(symbol);
    if (view === undefined || row === undefined) return;
    const change = percent(row.last, row.first);
    setText(view.last, price(row.last, row.decimals));
    setText(view.change, change);
    setText(view.bid, price(row.bid, row.decimals));
    setText(view.ask, price(row.ask, row.decimals));
    setText(view.venue, row.feed);
    const chosen = symbol === this.#store.selected;
    view.root.setAttribute("aria-selected", String(chosen));
    view.change.className = `chg ${
      change.startsWith("+") ? "up" : change.startsWith("−") ? "down" : "dim"
    }`;
    view.root.classList.toggle("stale", this.#store.gapOf(row) !== null);
    view.root.classList.toggle("closed", !["open", "unknown", "listed"].includes(row.state));
    if (row.moved !== 0) flash(view.last, row.moved > 0);
    row.moved = 0;
  }

  #drawActivity(): void {
    const style = getComputedStyle(document.documentElement);
    const color = style.getPropertyValue("--accent");
    const faint = style.getPropertyValue("--line");
    for (const row of this.#shown) {
      const view = this.#views.get(row.symbol);
      if (view !== undefined) drawBars(view.canvas, row.activity, color, faint);
    }
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target === this.#search;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0) this.move(step);
    else if (event.key === "/" && !typing) this.#search.focus();
    else if (event.key === "Escape" && typing) {
      this.#search.value = "";
      this.#search.blur();
      this.#store.dirty.add("list");
    } else return;
    event.preventDefault();
  }
}

/** Records a second as bars, newest at the right; the tallest second fills the height. */
function drawBars(
  canvas: HTMLCanvasElement,
  counts: readonly number[],
  color: string,
  faint: string,
): void {
  const [width, height] = [ACTIVITY_SECONDS * 2, 12];
  const scale = Math.min(2, devicePixelRatio || 1);
  if (canvas.width !== width * scale) {
    [canvas.width, canvas.height] = [width * scale, height * scale];
  }
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  const most = Math.max(4, ...counts);
  const skip = ACTIVITY_SECONDS - counts.length;
  for (let i = 0; i < ACTIVITY_SECONDS; i++) {
    const value = counts[i - skip] ?? 0;
    const tall = value === 0 ? 1 : Math.max(2, value / most * height);
    context.fillStyle = value === 0 ? faint : color;
    context.fillRect(i * 2, height - tall, 1.25, tall);
  }
}

/** A long name in two parts: the first may be cut short, the last tells its neighbours apart. */
function headAndTail(symbol: string): [string, string] {
  const dash = symbol.lastIndexOf("-");
  if (symbol.length < 14 || dash < 0 || symbol.length - dash > 12) return [symbol, ""];
  return [symbol.slice(0, dash), symbol.slice(dash)];
}
