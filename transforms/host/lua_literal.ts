const UNSAFE = /[^\x20\x21\x23-\x5b\x5d-\x7e]/gu;
const UTF8 = new TextEncoder();
const SPECIAL: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"' };

/**
 * Converts a JSON value to a Lua literal: Lua compiles it faster than values can be passed one by
 * one. null becomes nil, so such fields are absent.
 */
export function luaLiteral(value: unknown): string {
  switch (typeof value) {
    case "string":
      return luaText(value);
    case "number":
      return String(value);
    case "boolean":
      return String(value);
    case "object":
      break;
    default:
      return "nil";
  }
  if (value === null) return "nil";
  if (Array.isArray(value)) return `{${value.map(luaLiteral).join(",")}}`;
  let text = "{";
  for (const name of Object.keys(value)) {
    const each = (value as Record<string, unknown>)[name];
    if (each !== null) text += `[${luaText(name)}]=${luaLiteral(each)},`;
  }
  return text + "}";
}

function luaText(text: string): string {
  return `"${text.replace(UNSAFE, escaped)}"`;
}

/** Escapes a character's bytes with three digits each, so that following digits do not join. */
function escaped(char: string): string {
  const special = SPECIAL[char];
  if (special !== undefined) return special;
  return Array.from(UTF8.encode(char), (byte) => `\\${String(byte).padStart(3, "0")}`).join("");
}
