// Not by its name: a Deno without it still starts, for all else.
import nodeModule from "node:module";
import * as lexer from "es-module-lexer";
import { messageOf } from "@ssmd/runtime/errors";
import { forbiddenNames } from "./forbidden_names.ts";
import type { Language } from "./language.ts";
import { TransformRefused } from "./transform_refused.ts";

/** Maximum length of a transform's source, characters. */
const SOURCE_CHARS_MAX = 64 * 1024;

/** A transform in the form sent to its process. */
export interface CompiledTransform {
  name: string;
  language: Language;
  /** Lua source, or a function body that returns the TypeScript transform. */
  code: string;
}

/** Source of a transform. */
export interface TransformSource {
  name: string;
  language: Language;
  text: string;
}

await lexer.init;

/**
 * Compiles a source to code without imports and types. Throws {@linkcode TransformRefused} for
 * imports, unavailable names, and unparsable TypeScript. Lua is parsed in its process.
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
    return nodeModule.stripTypeScriptTypes(file.text);
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
