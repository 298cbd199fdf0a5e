import { add, byId, setClass, setText } from "../dom.ts";
import { count, decimalText, durationText } from "../format.ts";
import type { Rest } from "../net/rest.ts";
import type { Store } from "../state/store.ts";

const ASK_EVERY_S = 3;

type Values = Record<string, unknown>;

/** Contract terms and data quality of a market, from its details. */
export class QualityView {
  #store: Store;
  #rest: Rest;
  #facts = new Map<string, { root: HTMLElement; value: HTMLElement }>();
  #seconds = 0;

  constructor(store: Store, rest: Rest) {
    this.#store = store;
    this.#rest = rest;
  }

  /** Loads the details of another market now. */
  open(): void {
    this.#seconds = 0;
    for (const { value } of this.#facts.values()) setText(value, "–");
    setText(byId("quality-state"), "");
    void this.#ask();
  }

  /** Clears ages, which are unknown while the gateway is away. */
  away(): void {
    for (const name of ["Last record", "Venue to us"]) {
      const fact = this.#facts.get(name);
      if (fact !== undefined) setText(fact.value, "–");
    }
  }

  /** Called once a second. */
  tick(): void {
    if (++this.#seconds % ASK_EVERY_S === 0) void this.#ask();
  }

  async #ask(): Promise<void> {
    const row = this.#store.current;
    if (row === undefined) return;
    const path = `/v1/markets/${encodeURIComponent(row.symbol)}`;
    const answer = await this.#rest.get(`${path}?feed=${encodeURIComponent(row.feed)}`);
    if (!answer.ok || row.key !== this.#store.focused) return;
    this.#show(answer.body);
  }

  #show(body: Values): void {
    const quality = body["quality"] as Values;
    const contract = body["contract"] as Values;
    const book = body["order_book"] as Values | null;
    const state = String(quality["state"]);
    setText(byId("quality-state"), state);
    setClass(byId("quality-state"), `badge ${state}`);
    const ms = (value: unknown) => typeof value === "number" ? durationText(value) : "";
    this.#fact("Last record", ms(quality["age_ms"]) && `${ms(quality["age_ms"])} ago`);
    this.#fact("Venue to us", ms(quality["lag_ms"]));
    this.#fact("Gaps in memory", String(quality["gaps_recent"]));
    this.#fact("Trades seen", count(Number(quality["trades_seen"])));
    this.#fact("Checksum", book === null ? "" : text(book["checksum"]));
    this.#fact("Book imbalance", book === null ? "" : text(book["imbalance"]));
    this.#fact("Venue", text(contract["venue"]));
    this.#fact("Kind", text(contract["type"]));
    this.#fact("Prices in", text(contract["price_unit"]));
    this.#fact("Price step seen", text(contract["price_step_seen"]));
    this.#fact("Size step seen", text(contract["size_step_seen"]));
    this.#fact("Result", text(contract["result"]));
  }

  #fact(name: string, value: string): void {
    let fact = this.#facts.get(name);
    if (fact === undefined) {
      const root = add(byId("quality"), "div");
      add(root, "dt", { text: name });
      fact = { root, value: add(root, "dd") };
      this.#facts.set(name, fact);
    }
    setText(fact.value, value);
    fact.root.hidden = value === "";
  }
}

function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "number" ? decimalText(value) : String(value);
}
