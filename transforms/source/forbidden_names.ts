import type { Language } from "./language.ts";

/** A forbidden name with its offset. */
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

/** Comments and strings, which may contain anything. */
const APART: Readonly<Record<Language, RegExp>> = {
  ts: /\/\*[^]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g,
  lua: /--\[\[[^]*?\]\]|--[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g,
};

/** Matches names that are neither properties nor record keys. */
function word(...names: readonly string[]): RegExp {
  return new RegExp(`(?<![\\w$.:])(?:${names.join("|")})(?![\\w$]|\\s*:(?!:)|\\s*=(?!=))`, "g");
}

/**
 * Finds names that the process removes, in order. An early hint for authors; the security is in the
 * process.
 */
export function forbiddenNames(text: string, language: Language): ForbiddenName[] {
  const blank = text.replace(APART[language], (part) => part.replace(/[^\n]/g, " "));
  return [...blank.matchAll(NAMES[language])].map(({ 0: name, index: offset }) => ({
    name,
    offset,
  }));
}
