import type { Language } from "./language.ts";

/** Where a name stands that a transform does not have. */
interface ForbiddenName {
  name: string;
  offset: number;
}

const NAMES: Readonly<Record<Language, RegExp>> = {
  ts: word(
    ...["Deno", "process", "globalThis", "fetch", "WebSocket", "Worker", "WebAssembly", "eval"],
    ...["Function", "require", "setTimeout", "setInterval", "queueMicrotask", "Promise"],
    ...["XMLHttpRequest", "crypto", "performance", "console", "navigator", "localStorage"],
  ),
  lua: word(
    ...["os", "io", "debug", "load", "loadstring", "loadfile", "dofile", "require", "package"],
    ...["collectgarbage", "print", "warn", "_G", "_ENV"],
  ),
};

/** Comments and texts, which may say anything. */
const APART: Readonly<Record<Language, RegExp>> = {
  ts: /\/\*[^]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g,
  lua: /--\[\[[^]*?\]\]|--[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g,
};

/** A name by itself: no field of something, and no key of a record. */
function word(...names: readonly string[]): RegExp {
  return new RegExp(`(?<![\\w$.:])(?:${names.join("|")})(?![\\w$]|\\s*:(?!:)|\\s*=(?!=))`, "g");
}

/**
 * Names in a source that its process takes away, in order. It tells an author early; what holds is
 * that they are not there.
 */
export function forbiddenNames(text: string, language: Language): ForbiddenName[] {
  const blank = text.replace(APART[language], (part) => part.replace(/[^\n]/g, " "));
  return [...blank.matchAll(NAMES[language])].map(({ 0: name, index: offset }) => ({
    name,
    offset,
  }));
}
