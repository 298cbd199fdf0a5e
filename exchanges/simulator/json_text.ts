/**
 * Text of a JSON string after `"name":`, without quotes; undefined when absent. For classifying
 * frames without parsing them.
 */
export function stringField(text: string, name: string): string | undefined {
  const key = `"${name}":`;
  let at = text.indexOf(key);
  if (at < 0) return undefined;
  at += key.length;
  while (text.charCodeAt(at) === 32) at++;
  if (text.charCodeAt(at) !== 34) return undefined;
  return text.slice(at + 1, text.indexOf(`"`, at + 1));
}

/** Whole number after `"name":`; NaN when absent. */
export function numberField(text: string, name: string): number {
  const key = `"${name}":`;
  const start = text.indexOf(key);
  if (start < 0) return NaN;
  let at = start + key.length;
  while (text.charCodeAt(at) === 32) at++;
  let value = 0;
  let digits = 0;
  for (;; at++, digits++) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) return digits === 0 ? NaN : value;
    value = value * 10 + digit;
  }
}

/** Removes white space between the tokens of JSON text; numbers keep their text. */
export function compactJson(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (token) => token.startsWith(`"`) ? token : "");
}

/** Consecutive objects, separated by commas, from `start` on in compact JSON. */
export function elementsOf(text: string, start: number): string[] {
  const elements: string[] = [];
  let depth = 0;
  let from = start;
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === 92) at++;
      else if (code === 34) quoted = false;
    } else if (code === 34) quoted = true;
    else if (code === 123 || code === 91) {
      if (depth++ === 0) from = at;
    } else if (code === 125 || code === 93) {
      if (--depth < 0) break;
      if (depth === 0) {
        elements.push(text.slice(from, at + 1));
        if (text.charCodeAt(at + 1) !== 44 || text.charCodeAt(at + 2) !== 123) break;
      }
    }
  }
  return elements;
}
