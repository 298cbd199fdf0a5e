/// <reference no-default-lib="true" />
/// <reference lib="esnext" />
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />

/** Element by id; the page contains all ids used. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

/** Appends a new element to `parent`. */
export function add<K extends keyof HTMLElementTagNameMap>(
  parent: Element,
  tag: K,
  { className = "", text = "" }: { className?: string; text?: string } = {},
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  if (text !== "") element.textContent = text;
  parent.append(element);
  return element;
}

/** Sets the text only if it differs, to avoid layout work. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Sets the class only if it differs. */
export function setClass(element: Element, name: string): void {
  if (element.className !== name) element.className = name;
}

/** Sets an attribute only if it differs. */
export function setAttribute(element: Element, name: string, value: string): void {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Restarts a short animation. */
export function flash(element: Element, up: boolean): void {
  element.classList.remove("flash-up", "flash-down");
  // Reading the layout makes the browser apply the removal.
  void (element as HTMLElement).offsetWidth;
  element.classList.add(up ? "flash-up" : "flash-down");
}
