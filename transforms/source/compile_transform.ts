import { stripTypeScriptTypes } from "node:module";
import * as lexer from "es-module-lexer";
import { messageOf } from "@ssmd/runtime/errors";
import { forbiddenNames } from "./forbidden_names.ts";
import type { Language } from "./language.ts";
import { TransformRefused } from "./transform_refused.ts";

/** Characters of a transform's source. */
const SOURCE_CHARS_MAX = 64 * 1024;

/** A transform as its process gets it. */
export interface CompiledTransform {
  name: string;
  language: Language;
  /** Lua as it is; TypeScript as the body of a function that returns the transform. */
  code: string;
}

/** A transform's source. */
export interface TransformSource {
  name: string;
  language: Language;
  text: string;
}

await lexer.init;

/**
 * Makes one text without imports and types of a source. Throws {@linkcode TransformRefused} for
 * imports, names of what a transform does not have, and text that cannot be read. Lua is read by its
 * own process.
 */
export function compileTransform({ name, language, text }: TransformSource): CompiledTransform {
  const file = { name: `${name}.${language}`, text };
  if (text.length > SOURCE_CHARS_MAX) {
    throw new TransformRefused(file, "A transform has at most 64 KiB");
  }
  const [forbidden] = forbiddenNames(text, language);
  if (forbidden !== undefined) {
    const { offset, name } = forbidden;
    throw new TransformRefused({ ...file, offset }, `${name} cannot be used by a transform`);
  }
  return { name, language, code: language === "lua" ? text : functionBody(file) };
}

function functionBody(file: { name: string; text: string }): string {
  const code = stripped(file);
  const [imports, exports] = parsed(file, code);
  const [imported] = imports;
  if (imported !== undefined) {
    const { importStart: offset } = imported;
    throw new TransformRefused({ ...file, offset }, "A transform imports nothing");
  }
  const other = exports.find((each) => each.type !== "direct" || each.name !== "default");
  if (other !== undefined) {
    throw new TransformRefused(
      { ...file, offset: other.start },
      "A transform exports one function",
    );
  }
  const [only] = exports;
  if (only?.type !== "direct") throw new TransformRefused(file, "It has no default export", EXPORT);
  const before = code.slice(0, only.exportStart);
  const after = code.slice(only.exportStart).replace(/^export\s+default\s*/, "");
  const returned = only.localName ?? "defaultExport";
  const head = only.localName === undefined ? `const ${returned} = ` : "";
  return `"use strict"; ${before}${head}${after}\nreturn ${returned};`;
}

const EXPORT = "Begin it with: export default function (record) {";

function stripped(file: { name: string; text: string }): string {
  try {
    return stripTypeScriptTypes(file.text);
  } catch (error) {
    throw new TransformRefused(file, `Its types: ${messageOf(error)}`);
  }
}

function parsed(file: { name: string; text: string }, code: string) {
  try {
    return lexer.parse(code);
  } catch (error) {
    const offset = Number((error as { idx?: unknown }).idx ?? 0);
    throw new TransformRefused({ ...file, offset }, "It cannot be read as TypeScript");
  }
}
