import "../dom.ts";

/** Rows rendered beyond the visible ones, on either side. */
const MARGIN_ROWS = 6;

/** Functions that create and fill rows. */
interface RowKind<T, V extends { root: HTMLElement }> {
  make(parent: HTMLElement): V;
  fill(view: V, item: T, index: number): void;
}

/** Long list that renders only the visible rows; all rows have the same height. */
export class VirtualList<T, V extends { root: HTMLElement }> {
  #box: HTMLElement;
  #inner: HTMLElement;
  #kind: RowKind<T, V>;
  #views: V[] = [];
  #items: readonly T[] = [];
  #first = 0;
  #rowPx = 0;

  constructor(box: HTMLElement, inner: HTMLElement, kind: RowKind<T, V>) {
    this.#box = box;
    this.#inner = inner;
    this.#kind = kind;
    box.addEventListener("scroll", () => this.refresh(), { passive: true });
    new ResizeObserver(() => this.refresh()).observe(box);
  }

  /** Sets the items. */
  set items(items: readonly T[]) {
    this.#items = items;
    this.refresh();
  }

  /** Items currently rendered, with row and index. */
  *shown(): Generator<[T, V, number]> {
    for (let i = 0; i < this.#views.length; i++) {
      const [item, view] = [this.#items[this.#first + i], this.#views[i]];
      if (item !== undefined && view !== undefined) yield [item, view, this.#first + i];
    }
  }

  /** Scrolls a row into view. */
  reveal(index: number): void {
    const top = index * this.#rowPx;
    const { scrollTop, clientHeight } = this.#box;
    if (top < scrollTop) this.#box.scrollTop = top;
    else if (top + this.#rowPx > scrollTop + clientHeight) {
      this.#box.scrollTop = top + this.#rowPx - clientHeight;
    }
    this.refresh();
  }

  /** Renders the rows at the current scroll position. */
  refresh(): void {
    if (this.#box.clientHeight === 0) return;
    this.#rowPx = parseFloat(getComputedStyle(this.#box).getPropertyValue("--row-px"));
    const visible = Math.ceil(this.#box.clientHeight / this.#rowPx);
    const wanted = Math.min(this.#items.length, visible + 2 * MARGIN_ROWS);
    const scrolled = Math.floor(this.#box.scrollTop / this.#rowPx) - MARGIN_ROWS;
    this.#first = Math.max(0, Math.min(scrolled, this.#items.length - wanted));
    while (this.#views.length < wanted) this.#views.push(this.#kind.make(this.#inner));
    for (const view of this.#views.splice(wanted)) view.root.remove();
    this.#inner.style.height = `${this.#items.length * this.#rowPx}px`;
    for (const [item, view, index] of this.shown()) {
      view.root.style.transform = `translateY(${index * this.#rowPx}px)`;
      this.#kind.fill(view, item, index);
    }
  }
}
