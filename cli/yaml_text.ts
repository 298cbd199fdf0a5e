/** Words that YAML readers do not read as text. */
const TAKEN = /^(?:true|false|null|yes|no|on|off)$/i;
const PLAIN = /^[A-Za-z_](?:[\w ./@+-]*[\w./@+])?$/;

/**
 * Formats a JSON value as block YAML, ending in a line break. The package `yaml` does the same but
 * takes some 90 ms to load, in every command that prints.
 */
export function yamlText(value: unknown): string {
  const plain: unknown = JSON.parse(JSON.stringify(value) ?? "null");
  const lines = linesOf(plain);
  return `${lines.join("\n")}\n`;
}

function linesOf(value: unknown): string[] {
  if (Array.isArray(value) && value.length > 0) {
    return value.flatMap((each) => nested(linesOf(each), "- "));
  }
  if (isFilled(value)) {
    return Object.entries(value).flatMap(([key, each]) => {
      const name = `${textOf(key)}:`;
      const below = linesOf(each);
      if (!isFilled(each)) return [`${name} ${below[0]}`];
      return [name, ...below.map((line) => `  ${line}`)];
    });
  }
  return [scalarOf(value)];
}

/** Returns true when a value needs lines of its own. */
function isFilled(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

function nested(lines: readonly string[], mark: string): string[] {
  return lines.map((line, i) => `${i === 0 ? mark : " ".repeat(mark.length)}${line}`);
}

function scalarOf(value: unknown): string {
  if (typeof value === "string") return textOf(value);
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "[]" : "{}";
  return String(value);
}

function textOf(text: string): string {
  if (PLAIN.test(text) && !TAKEN.test(text)) return text;
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
