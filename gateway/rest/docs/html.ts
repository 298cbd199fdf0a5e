const SPECIAL: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Finished HTML, which is not escaped again. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Builds HTML: escapes values, joins lists, omits absent values. */
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

/** Renders a sentence; text between backticks becomes code. */
export function prose(text: unknown): Html {
  const pieces = String(text ?? "").split("`");
  return html`${
    pieces.map((piece, i) => i % 2 === 0 ? html`${piece}` : html`<code>${piece}</code>`)
  }`;
}
