import { add, byId, flash, setText } from "./dom.ts";
import { percent, price, size, time } from "./format.ts";
import type { MarketRow, Store } from "./store.ts";

const GOOD_NEWS_MS = 4000;

/** The head of the selected market: name, price, figures, and what is wrong with it now. */
export class FocusView {
  #store: Store;
  #suspectSinceMs = 0;
  #goodUntilMs = 0;
  #notice = "";
  #noticeUntilMs = 0;
  #lastShown: number | null = null;
  #facts = new Map<string, HTMLElement>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Shows a sentence for some seconds. */
  notify(text: string): void {
    this.#notice = text;
    this.#noticeUntilMs = Date.now() + 8000;
    this.#store.dirty.add("focus");
  }

  /** Shows what changed. */
  render(): void {
    const row = this.#store.current;
    if (!this.#store.dirty.has("focus") || row === undefined) return;
    setText(byId("symbol"), row.symbol);
    setText(byId("venue"), [row.feed, row.external].filter((text) => text !== "").join(" · "));
    const last = price(row.last, row.decimals);
    setText(byId("last"), last);
    if (row.last !== null && this.#lastShown !== null && row.last !== this.#lastShown) {
      byId("last").className = row.last > this.#lastShown ? "up" : "down";
      flash(byId("last"), row.last > this.#lastShown);
    }
    this.#lastShown = row.last;
    const change = percent(row.last, row.first);
    setText(byId("change"), change);
    byId("change").className = change.startsWith("+")
      ? "up"
      : change.startsWith("−")
      ? "down"
      : "dim";
    byId("change").title = "Since this page saw its first price";
    this.#renderFacts(row);
    document.title = `${row.last === null ? "" : last + " "}${row.symbol} · ssmd`;
  }

  /** Shows or hides the warning; called with each frame's changes and once a second. */
  renderBanner(): void {
    const now = Date.now();
    const row = this.#store.current;
    const gap = row === undefined ? null : this.#store.gapOf(row);
    const box = byId("banner");
    if (gap !== null) {
      this.#suspectSinceMs = gap.fromMs;
      const what = gap.reason === "clock" ? "Times suspect" : "Book suspect";
      return this.#banner(
        box,
        `${what} since ${time(gap.fromMs)} UTC: ${REASONS[gap.reason] ?? gap.reason} — rebuilding`,
        false,
      );
    }
    if (this.#suspectSinceMs > 0 && this.#store.bookKnown) {
      this.#goodUntilMs = now + GOOD_NEWS_MS;
      this.#notice = `Book is good again after ${
        ((now - this.#suspectSinceMs) / 1000).toFixed(1)
      } s`;
      this.#suspectSinceMs = 0;
    }
    if (now < this.#goodUntilMs) return this.#banner(box, this.#notice, true);
    if (now < this.#noticeUntilMs) return this.#banner(box, this.#notice, false);
    box.hidden = true;
  }

  /** Another market was chosen: what was said belongs to the last one. */
  reset(): void {
    this.#suspectSinceMs = this.#goodUntilMs = 0;
    this.#lastShown = null;
    byId("last").className = "";
  }

  #banner(box: HTMLElement, text: string, good: boolean): void {
    setText(box, text);
    box.classList.toggle("good", good);
    box.hidden = false;
  }

  #renderFacts(row: MarketRow): void {
    this.#fact("Bid", price(row.bid, row.decimals), "up");
    this.#fact("Ask", price(row.ask, row.decimals), "down");
    this.#fact("Volume 24h", row.volume === null ? "" : size(row.volume));
    this.#fact("Open interest", row.openInterest === null ? "" : size(row.openInterest));
    this.#fact("State", row.state === "unknown" ? "" : row.state);
  }

  #fact(name: string, value: string, className = ""): void {
    let element = this.#facts.get(name);
    if (element === undefined) {
      if (value === "") return;
      const box = add(byId("facts"), "div");
      add(box, "dt").textContent = name;
      element = add(box, "dd", className);
      this.#facts.set(name, element);
    }
    setText(element, value);
    (element.parentElement as HTMLElement).hidden = value === "";
  }
}

const REASONS: Record<string, string> = {
  disconnect: "the exchange connection broke",
  sequence: "messages are missing",
  checksum: "the checksum failed",
  slow: "messages were left out",
  parse: "a message could not be read",
  clock: "the clock jumped",
};
