import { byId, setText } from "./dom.ts";
import type { ConnectionState } from "./connection.ts";
import { count, time } from "./format.ts";
import type { Store } from "./store.ts";

/** The bar on top: environment, connection, feeds, rate, clock. */
export class HeaderView {
  #store: Store;
  #items = new Map<string, HTMLElement>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** Shows how the connection is. */
  connection(state: ConnectionState): void {
    const box = byId("connection");
    box.className = `chip state ${state.state}`;
    setText(box, state.state === "waiting" ? `reconnecting in ${state.seconds} s` : state.state);
    document.body.classList.toggle("offline", state.state !== "live");
    if (state.state === "live") return;
    for (const feed of this.#store.feeds) feed.records_per_second = 0;
  }

  /** Shows what is known of the gateway's surroundings. */
  info(info: Record<string, unknown>): void {
    setText(byId("env"), String(info["env"] ?? ""));
    const rest = Object.entries(info)
      .filter(([key]) => !["env", "version", "feeds"].includes(key))
      .map(([key, value]) => `${key} ${value}`);
    setText(byId("info"), [...rest, `ssmd ${info["version"]}`].join("  ·  "));
  }

  /** Shows feeds and clock; called once a second. */
  tick(): void {
    let all = 0;
    for (const feed of this.#store.feeds) {
      all += feed.records_per_second;
      let item = this.#items.get(feed.feed);
      if (item === undefined) {
        item = document.createElement("li");
        item.append(document.createElement("b"), " ", document.createElement("span"));
        byId("feeds").append(item);
        this.#items.set(feed.feed, item);
      }
      const idle = feed.records_per_second === 0;
      item.className = feed.gap !== null ? "gap" : idle ? "idle" : "ok";
      setText(item.children[0] as Element, feed.feed);
      const gap = feed.gap === null ? "" : `${feed.gap.reason} since ${time(feed.gap.from)}`;
      setText(item.children[1] as Element, gap || `${count(feed.records_per_second)}/s`);
      item.title = feed.books_pending > 0 ? `${feed.books_pending} books wait for a snapshot` : "";
    }
    setText(byId("rate"), count(all));
    setText(byId("clock"), time(Date.now()));
  }
}
