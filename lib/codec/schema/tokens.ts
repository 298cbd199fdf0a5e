import { SchemaError, type SourceLocation } from "./schema_error.ts";

/** A token of a schema's text. */
export interface Token extends SourceLocation {
  /** `ordinal` is `@` with its number; `end` occurs once, last. */
  kind: "name" | "number" | "string" | "ordinal" | "symbol" | "end";
  /** The text, without a string's quotes or an ordinal's `@`. */
  text: string;
}

const PIECES: readonly [Token["kind"] | "space", RegExp][] = [
  ["space", /(?:[ \t\r\n\ufeff]|#[^\n]*)+/y],
  ["name", /[A-Za-z_][A-Za-z0-9_]*/y],
  ["ordinal", /@(?:0[xX][0-9A-Fa-f]+|[0-9]+)/y],
  ["number", /0[xX][0-9A-Fa-f]+|[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y],
  ["string", /"(?:[^"\\\n]|\\.)*"/y],
  ["symbol", /[{}():;=.,$*[\]-]|->/y],
];

/** Splits a schema's text into tokens without comments. Throws SchemaError on an invalid character. */
export function tokensOf(file: string, text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0, line = 1, lineStart = 0;
  while (at < text.length) {
    const location = { line, column: at - lineStart + 1 };
    const [kind, piece] = pieceAt(text, at) ?? refuse(file, location, text.charAt(at));
    at += piece.length;
    if (kind !== "space") {
      tokens.push({ kind, text: bare(file, location, { kind, piece }), ...location });
      continue;
    }
    for (let i = at - piece.length; i < at; i++) {
      if (text.charCodeAt(i) === 10) [line, lineStart] = [line + 1, i + 1];
    }
  }
  tokens.push({ kind: "end", text: "", line, column: at - lineStart + 1 });
  return tokens;
}

function pieceAt(text: string, at: number): [Token["kind"] | "space", string] | undefined {
  for (const [kind, pattern] of PIECES) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) return [kind, found[0]];
  }
  return undefined;
}

function bare(
  file: string,
  location: SourceLocation,
  { kind, piece }: { kind: Token["kind"]; piece: string },
): string {
  if (kind === "ordinal") return piece.slice(1);
  if (kind !== "string") return piece;
  try {
    return JSON.parse(piece) as string;
  } catch (cause) {
    throw new SchemaError(file, location, {
      message: `this text has an escape that we do not read: ${piece}`,
      options: {
        cause,
      },
    });
  }
}

function refuse(file: string, location: SourceLocation, char: string): never {
  throw new SchemaError(file, location, {
    message: char === '"'
      ? "a text without its closing quote"
      : `unexpected character ${JSON.stringify(char)}`,
  });
}
