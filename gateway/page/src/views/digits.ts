import { add, setText } from "../dom.ts";
import { sizeParts } from "../state/market_figures.ts";

/** Number in two elements: significant digits and trailing zeros. */
export interface Digits {
  head: HTMLElement;
  zeros: HTMLElement;
}

/** Adds a cell for a number. */
export function newDigits(root: HTMLElement): Digits {
  const cell = add(root, "span");
  return { head: add(cell, "span"), zeros: add(cell, "span", { className: "zeros" }) };
}

/** Shows a size with these decimals, in at most as many characters; undefined = none. */
export function setDigits(
  { head, zeros }: Digits,
  amount: number | undefined,
  { decimals, charsMax }: { decimals: number; charsMax: number },
): void {
  const [text, rest] = amount === undefined ? ["", ""] : sizeParts(amount, decimals, charsMax);
  setText(head, text);
  setText(zeros, rest);
}
