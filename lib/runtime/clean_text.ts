/** Control and invisible characters, except tab and line feed. */
const INVISIBLE =
  // deno-lint-ignore no-control-regex -- control characters are what is removed
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Replaces control and invisible characters of untrusted text with spaces; keeps line breaks. */
export function withoutInvisible(text: string): string {
  return text.replace(INVISIBLE, " ");
}

/** Returns untrusted text as one line without invisible characters, cut to `most` characters. */
export function cleanText(text: string, most: number): string {
  const line = withoutInvisible(text).replace(/\s+/g, " ").trim();
  return line.length <= most ? line : `${line.slice(0, most)}…`;
}
