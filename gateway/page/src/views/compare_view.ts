/// <reference lib="dom" />
import { byId } from "../dom.ts";
import type { Store } from "../state/store.ts";

/** Input for the market to compare with. */
export class CompareView {
  /** Called with the selected symbol; undefined = none. */
  onChosen: (symbol: string | undefined) => void = () => {};
  #store: Store;
  #input = byId<HTMLInputElement>("compare");

  constructor(store: Store) {
    this.#store = store;
    this.#input.onfocus = () => this.#list();
    this.#input.oninput = () => this.#input.setCustomValidity("");
    this.#input.onchange = () => this.#choose();
  }

  /** Shows the compared symbol, unless the user is typing. */
  show(symbol: string | undefined): void {
    if (document.activeElement !== this.#input) this.#input.value = symbol ?? "";
  }

  /** Fills the list of other markets. */
  #list(): void {
    const options = [...this.#store.markets.values()]
      .filter((row) => row !== this.#store.current)
      .map(({ symbol }) => new Option(symbol, symbol));
    byId("compare-names").replaceChildren(...options);
  }

  #choose(): void {
    const text = this.#input.value.trim();
    const row = this.#store.find(text) ?? this.#store.find(text.toUpperCase());
    const isUnknown = row === undefined && text !== "";
    this.#input.setCustomValidity(isUnknown ? `There is no market ${text} here` : "");
    if (isUnknown) return void this.#input.reportValidity();
    this.#input.blur();
    this.onChosen(row?.symbol);
  }
}
