import { gatewayNowMs } from "../clock.ts";
import { add, byId, flash, setClass, setText } from "../dom.ts";
import { dayTime, directionOf } from "../format.ts";
import { amountText, changeSpan, changeText, priceText } from "../state/market_figures.ts";
import { type MarketRow, type OpenGap, stateText } from "../state/market_row.ts";
import type { Store } from "../state/store.ts";

const GOOD_NEWS_MS = 5_000;
const NOTICE_MS = 12_000;

/** Header of the focused market: name, price, figures and current problems. */
export class TitleView {
  #store: Store;
  #suspectSinceMs = 0;
  #notice = { text: "", good: false, untilMs: 0 };
  #lastShown: number | null = null;
  #facts = new Map<string, HTMLElement>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Shows a message for some seconds. */
  notify(text: string, good: boolean): void {
    this.#notice = { text, good, untilMs: Date.now() + (good ? GOOD_NEWS_MS : NOTICE_MS) };
    this.#renderBanner();
  }

  /** Resets what belongs to the previous market. */
  reset(): void {
    this.#suspectSinceMs = 0;
    this.#lastShown = null;
    setClass(byId("last"), "");
  }

  /** Shows what changed. */
  render(): void {
    const { dirty, current } = this.#store;
    if (dirty.has("title") || dirty.has("gaps") || dirty.has("second")) this.#renderBanner();
    if (current === undefined || !(dirty.has("title") || dirty.has("rows"))) return;
    this.#renderName(current);
    const last = priceText(current, current.last);
    setText(byId("last"), last);
    const [now, before] = [current.last, this.#lastShown];
    if (now !== null && before !== null && now !== before) {
      setClass(byId("last"), now > before ? "up" : "down");
      flash(byId("last"), now > before);
    }
    this.#lastShown = now;
    const change = changeText(current);
    setText(byId("change"), change && `${change} ${changeSpan(current)}`);
    setClass(byId("change"), directionOf(change));
    this.#renderFacts(current);
    document.title = `${now === null ? "" : last + " "}${current.symbol} · ssmd`;
  }

  #renderName({ symbol, feed, external }: MarketRow): void {
    setText(byId("symbol"), symbol);
    const names = external === symbol ? [feed] : [feed, external];
    setText(byId("venue"), names.filter((text) => text !== "").join(" · "));
  }

  #renderBanner(): void {
    const { current, book } = this.#store;
    const gap = current === undefined ? null : this.#store.gapOf(current);
    if (gap !== null) {
      this.#suspectSinceMs = gap.fromMs;
      const why = REASONS[gap.reason] ?? gap.reason;
      return this.#banner(`${suspectOf(gap)} since ${dayTime(gap.fromMs)} UTC: ${why}`, false);
    }
    if (this.#suspectSinceMs > 0 && book.known) {
      const seconds = ((gatewayNowMs() - this.#suspectSinceMs) / 1000).toFixed(1);
      this.#suspectSinceMs = 0;
      return this.notify(`The book is good again after ${seconds} s`, true);
    }
    const { text, good, untilMs } = this.#notice;
    if (Date.now() < untilMs) return this.#banner(text, good);
    byId("banner").hidden = true;
  }

  #banner(text: string, good: boolean): void {
    const box = byId("banner");
    setText(box, text);
    box.classList.toggle("good", good);
    box.hidden = false;
  }

  #renderFacts(row: MarketRow): void {
    this.#fact("Bid", priceText(row, row.bid), "up");
    this.#fact("Ask", priceText(row, row.ask), "down");
    this.#fact("Volume 24h", row.volume === null ? "" : amountText(row, row.volume));
    this.#fact("Open interest", row.openInterest === null ? "" : amountText(row, row.openInterest));
    this.#fact("State", stateText(row));
  }

  #fact(name: string, value: string, className = ""): void {
    let element = this.#facts.get(name);
    if (element === undefined) {
      const box = add(byId("facts"), "div");
      add(box, "dt", { text: name });
      element = add(box, "dd", { className });
      this.#facts.set(name, element);
    }
    setText(element, value);
    (element.parentElement as HTMLElement).hidden = value === "";
  }
}

/** Description of the data that an open gap affects. */
function suspectOf({ reason, channel }: OpenGap): string {
  if (reason === "clock") return "Times are suspect";
  if (channel === "trade") return "Trades are missing";
  if (channel === "ticker") return "Tickers are missing";
  if (channel === "status") return "The life of markets is not seen";
  return "The book is suspect";
}

const REASONS: Record<string, string> = {
  disconnect: "the exchange connection broke",
  sequence: "messages are missing",
  checksum: "the checksum failed",
  slow: "messages were left out",
  parse: "a message could not be read",
  clock: "the clock is not synchronized",
  planned: "the capture was stopped on purpose",
  subscription: "the exchange does not send what was ordered",
};
