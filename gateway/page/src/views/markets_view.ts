import { drawLine } from "../canvas.ts";
import { add, byId, flash, setAttribute, setClass, setText } from "../dom.ts";
import { count, dayTime, directionOf } from "../format.ts";
import type { Sparklines } from "../net/sparklines.ts";
import { hashOf } from "../routes.ts";
import { amountText, changeSpan, changeText, priceText } from "../state/market_figures.ts";
import { arrangeMarkets, isMoving, type Listing, type Sort } from "../state/market_order.ts";
import { type MarketRow, stateText } from "../state/market_row.ts";
import type { Store } from "../state/store.ts";
import { cssColor } from "../theme.ts";
import { VirtualList } from "./virtual_list.ts";

interface RowView {
  root: HTMLAnchorElement;
  head: HTMLElement;
  tail: HTMLElement;
  mark: HTMLElement;
  venue: HTMLElement;
  spark: HTMLCanvasElement;
  last: HTMLElement;
  change: HTMLElement;
  /** Period of the change, if not an hour. */
  span: HTMLElement;
  bid: HTMLElement;
  ask: HTMLElement;
  volume: HTMLElement;
  state: HTMLElement;
  updated: HTMLElement;
  /** Values of the sparkline drawn now. */
  drawn: unknown;
}

/** Market list with search, feeds and sorting; each row has an hour's sparkline. */
export class MarketsView {
  #store: Store;
  #sparklines: Sparklines;
  #search = byId<HTMLInputElement>("search");
  #box = byId("markets");
  #list: VirtualList<MarketRow, RowView>;
  #listing: Listing = { search: "", feed: "", sort: "listed", descending: false };
  #shown: MarketRow[] = [];
  /** Key of the row at the keyboard cursor. */
  #cursor = "";
  #color = { up: "", down: "", flat: "" };

  constructor(store: Store, sparklines: Sparklines) {
    this.#store = store;
    this.#sparklines = sparklines;
    this.#list = new VirtualList(this.#box, byId("market-rows"), {
      make: (parent) => this.#make(parent),
      fill: (view, row, index) => this.#fill(view, row, index),
    });
    this.#search.addEventListener("input", () => this.#change({ search: this.#search.value }));
    this.#search.addEventListener("keydown", (event) => this.#onKey(event));
    this.#buildSorts();
    this.applyTheme();
  }

  /** Applies the theme's colours. */
  applyTheme(): void {
    this.#color = { up: cssColor("--up"), down: cssColor("--down"), flat: cssColor("--dim") };
    for (const [row, view] of this.#list.shown()) {
      view.drawn = undefined;
      this.#drawSpark(view, row);
    }
  }

  /** Focuses the search input. */
  focusSearch(): void {
    this.#search.focus();
    this.#search.select();
  }

  /** Market `step` rows after this one in the list. */
  neighbour(key: string, step: number): MarketRow | undefined {
    if (this.#shown.length === 0) this.arrange();
    return this.#shown[this.#shown.findIndex((row) => row.key === key) + step];
  }

  /** Updates the list with what changed. */
  render(): void {
    const { dirty, dirtyRows } = this.#store;
    const isSecond = dirty.has("second") && isMoving(this.#listing.sort);
    if (dirty.has("list") || isSecond) this.arrange();
    else if (dirty.has("rows")) {
      for (const [row, view, index] of this.#list.shown()) {
        if (dirtyRows.has(row.key)) this.#fill(view, row, index);
      }
    }
    if (dirty.has("second")) this.#sparklines.want([...this.#list.shown()].map(([row]) => row));
  }

  /** Filters and sorts the markets. */
  arrange(): void {
    const { markets } = this.#store;
    this.#shown = arrangeMarkets(markets.values(), this.#listing);
    this.#list.items = this.#shown;
    this.#renderFeeds();
    const [some, all] = [count(this.#shown.length), count(markets.size)];
    setText(byId("market-count"), some === all ? `${all} markets` : `${some} of ${all}`);
    setAttribute(this.#box, "aria-rowcount", String(this.#shown.length + 1));
    const empty = byId("markets-empty");
    empty.hidden = this.#shown.length > 0;
    setText(empty, markets.size === 0 ? "Waiting for markets" : "No market fits");
    this.#sparklines.want([...this.#list.shown()].map(([row]) => row));
  }

  #change(change: Partial<Listing>): void {
    Object.assign(this.#listing, change);
    this.#box.scrollTop = 0;
    this.arrange();
  }

  #renderFeeds(): void {
    const box = byId("feed-filter");
    const feeds = new Set([...this.#store.markets.values()].map(({ feed }) => feed));
    const wanted = ["", ...feeds];
    if (box.childElementCount === wanted.length) return;
    box.replaceChildren();
    for (const feed of wanted) {
      const button = add(box, "button", { text: feed || "all feeds" });
      button.onclick = () => {
        this.#change({ feed });
        for (const other of box.children) {
          setAttribute(other, "aria-pressed", String(other === button));
        }
      };
      setAttribute(button, "aria-pressed", String(feed === this.#listing.feed));
    }
  }

  #buildSorts(): void {
    const heads = [...byId("market-heads").querySelectorAll<HTMLElement>("[data-sort]")];
    const select = byId<HTMLSelectElement>("market-sort");
    const sort = (wanted: Sort, descending: boolean) => {
      this.#change({ sort: wanted, descending });
      for (const head of heads) {
        const isThis = head.dataset["sort"] === wanted;
        const order = !isThis ? "none" : descending ? "descending" : "ascending";
        setAttribute(head, "aria-sort", order);
      }
      select.value = wanted;
    };
    for (const head of heads) {
      const own = head.dataset["sort"] as Sort;
      (head.firstElementChild as HTMLElement).onclick = () => {
        const { sort: current, descending } = this.#listing;
        const first = own !== "symbol";
        if (current !== own) sort(own, first);
        else if (descending === first) sort(own, !first);
        else sort("listed", false);
      };
    }
    select.onchange = () => {
      const wanted = select.value as Sort;
      sort(wanted, wanted !== "symbol" && wanted !== "listed");
    };
  }

  #onKey(event: KeyboardEvent): void {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (step !== undefined) this.move(step);
    else if (event.key === "Enter") this.openCursor();
    else if (event.key === "Escape") {
      this.#search.value = "";
      this.#change({ search: "" });
      this.#box.focus();
    } else return;
    event.preventDefault();
  }

  /** Opens the market at the cursor, or the first one. */
  openCursor(): void {
    const row = this.#shown.find(({ key }) => key === this.#cursor) ?? this.#shown[0];
    if (row !== undefined) location.hash = this.#hashOf(row);
  }

  /** Moves the cursor by `step` rows. */
  move(step: number): void {
    const at = this.#shown.findIndex(({ key }) => key === this.#cursor);
    const next = Math.max(0, Math.min(this.#shown.length - 1, at < 0 ? 0 : at + step));
    this.#cursor = this.#shown[next]?.key ?? "";
    this.#list.reveal(next);
    for (const [, view, index] of this.#list.shown()) {
      if (index === next) setAttribute(this.#box, "aria-activedescendant", view.root.id);
    }
  }

  #hashOf({ symbol, feed }: MarketRow): string {
    const isOnly = this.#store.find(symbol)?.feed === feed;
    return hashOf({ view: "market", symbol, ...(isOnly ? {} : { feed }) });
  }

  #made = 0;
  #make(parent: HTMLElement): RowView {
    const root = add(parent, "a", { className: "row" });
    root.id = `row-${++this.#made}`;
    root.tabIndex = -1;
    root.setAttribute("role", "row");
    const cell = (name: string) => {
      const element = add(root, "span", { className: name });
      element.setAttribute("role", "gridcell");
      return element;
    };
    const name = cell("sym");
    const text = add(name, "b");
    const [head, tail] = [add(text, "span"), add(text, "span")];
    const mark = add(name, "i", { className: "mark" });
    const venue = add(name, "small");
    const spark = add(cell("spark"), "canvas");
    spark.setAttribute("aria-hidden", "true");
    const last = cell("last");
    const changes = cell("chg");
    return {
      ...{ root, head, tail, mark, venue, spark, last, drawn: undefined },
      change: add(changes, "span"),
      span: add(changes, "small"),
      bid: cell("bid"),
      ask: cell("ask"),
      volume: cell("vol"),
      state: cell("life"),
      updated: cell("time"),
    };
  }

  #fill(view: RowView, row: MarketRow, index: number): void {
    const change = changeText(row);
    const span = changeSpan(row);
    const [head, tail] = headAndTail(row.symbol);
    setAttribute(view.root, "href", this.#hashOf(row));
    setAttribute(view.root, "aria-rowindex", String(index + 2));
    setText(view.head, head);
    setText(view.tail, tail);
    setText(view.venue, [row.feed, row.external === row.symbol ? "" : row.external].join(" "));
    setText(view.last, priceText(row, row.last));
    setText(view.change, change);
    setText(view.span, change === "" || span === "1h" ? "" : span);
    setText(view.bid, priceText(row, row.bid));
    setText(view.ask, priceText(row, row.ask));
    setText(view.volume, row.volume === null ? "–" : amountText(row, row.volume));
    setText(view.state, stateText(row));
    setText(view.updated, row.updatedMs === null ? "–" : dayTime(row.updatedMs));
    setClass(view.change, directionOf(change));
    this.#mark(view, row);
    if (row.moved !== 0) flash(view.last, row.moved > 0);
    row.moved = 0;
    this.#drawSpark(view, row);
  }

  #mark({ root, mark }: RowView, row: MarketRow): void {
    const gap = this.#store.gapOf(row);
    const isOpen = ["open", "unknown", "listed"].includes(row.state);
    setText(mark, gap === null ? "" : "gap");
    mark.title = gap === null ? "" : `${gap.reason} since ${dayTime(gap.fromMs)} UTC`;
    const isCursor = row.key === this.#cursor;
    setClass(
      root,
      `row${isCursor ? " cursor" : ""}${isOpen ? "" : " closed"}${gap === null ? "" : " stale"}`,
    );
  }

  #drawSpark(view: RowView, row: MarketRow): void {
    const { spark, last } = row;
    // The line ends at the current price; redraw it when the price or the row changed.
    const drawn = spark === null ? null : `${row.key} ${row.sparkAtMs} ${last}`;
    if (drawn === view.drawn) return;
    view.drawn = drawn;
    const values = spark === null ? [] : last === null ? spark : [...spark.slice(0, -1), last];
    drawLine(view.spark, values, { color: this.#color[directionOf(changeText(row)) || "flat"] });
  }
}

/** Splits a long name: the head may be shortened, the tail distinguishes similar names. */
function headAndTail(symbol: string): [string, string] {
  const dash = symbol.lastIndexOf("-");
  if (symbol.length < 14 || dash < 0 || symbol.length - dash > 12) return [symbol, ""];
  return [symbol.slice(0, dash), symbol.slice(dash)];
}
