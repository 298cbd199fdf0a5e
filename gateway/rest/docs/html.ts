const SPECIAL: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** HTML that is finished: nothing in it is to be escaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** HTML with every value in it escaped, lists joined, absent values left out. */
export function html(parts: TemplateStringsArray, ...values: unknown[]): Html {
  return new Html(
    parts.reduce((text, part, i) => text + part + (i < values.length ? textOf(values[i]) : ""), ""),
  );
}

function textOf(value: unknown): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(textOf).join("");
  if (value === undefined || value === null || value === false) return "";
  return String(value).replace(/[&<>"']/g, (char) => SPECIAL[char] as string);
}

/** A sentence in which words between backticks are code. */
export function prose(text: unknown): Html {
  const pieces = String(text ?? "").split("`");
  return html`${
    pieces.map((piece, i) => i % 2 === 0 ? html`${piece}` : html`<code>${piece}</code>`)
  }`;
}
