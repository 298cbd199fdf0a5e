// Not by its name: a Deno without it still starts, for all else.
import nodeModule from "node:module";
import * as lexer from "es-module-lexer";
import { messageOf, systemCodeOf } from "@ssmd/runtime/errors";
import { sha256Of } from "../engine/fire_id.ts";
import { locationOf, SignalRefused } from "./signal_refused.ts";

/** The only module that a signal may import besides files beside it. */
const SDK_SPECIFIER = "@ssmd/signal";

const SOURCE_CHARS_MAX = 256 * 1024;
const FILES_MAX = 32;

await lexer.init;

/** A signal linked into one script without imports. */
interface LinkedSignal {
  /** Function body that takes `sdk` and returns the default export. */
  code: string;
  /** SHA-256 of its source text (of all files, if several), hex. */
  sourceHash: string;
  /** Source files, the signal's own last. */
  files: readonly string[];
}

/** Returns the text of a file beside the signal. Throws when it is missing. */
export type ReadSource = (path: string) => Promise<string>;

/**
 * Links a signal and its imported files into one script: strips types and binds `@ssmd/signal` to
 * the host's SDK. Throws SignalRefused with file, line and column for every other import.
 */
export async function linkSignal(path: string, read: ReadSource): Promise<LinkedSignal> {
  const linker = new Linker(read);
  await linker.add(path, []);
  const { modules } = linker;
  const texts = [...modules.values()].map(({ source }) => source);
  const code = [...modules].map(([file, { body }]) => `modules[${JSON.stringify(file)}] = ${body}`);
  return {
    code: `"use strict"; const modules = Object.create(null); ${code.join("\n")}` +
      `return modules[${JSON.stringify(path)}].default;`,
    sourceHash: sha256Of(texts.join("\0")),
    files: [...modules.keys()],
  };
}

interface Module {
  source: string;
  /** Expression that evaluates to an object of the module's exports. */
  body: string;
}

class Linker {
  readonly modules = new Map<string, Module>();
  #read: ReadSource;

  constructor(read: ReadSource) {
    this.#read = read;
  }

  /** Adds a file after its imports. */
  async add(path: string, importers: readonly string[]): Promise<void> {
    const source = await this.#read(path);
    const refuse = (offset: number, why: string, hint?: string) =>
      new SignalRefused(locationOf(path, source, offset), why, hint);
    if (source.length > SOURCE_CHARS_MAX) throw refuse(0, "a signal has at most 256 KiB");
    const text = stripped(path, source);
    const [imports, exports] = parsed(path, source, text);
    const edits: Edit[] = [];
    for (const each of imports) {
      const offset = each.start;
      if (each.type !== "static") throw refuse(offset, "a signal imports nothing while it runs");
      const target = targetOf(path, each.specifier ?? "");
      if (target === undefined) throw refuse(offset, refusalOf(each.specifier ?? ""), IMPORT_HINT);
      if (each.attributes !== null) throw refuse(offset, "an import of a signal has no attributes");
      if (target !== SDK_SPECIFIER) {
        await this.#addImported(target, [...importers, path], (why) => refuse(offset, why));
      }
      const clause = text.slice(each.importStart, each.start);
      const names = /^import\s*\{([^{}]*)\}\s*from\s*["']$/.exec(clause)?.[1];
      if (names === undefined) throw refuse(each.importStart, NAMED_ONLY);
      const from = target === SDK_SPECIFIER ? "sdk" : `modules[${JSON.stringify(target)}]`;
      const code = `const {${names.replaceAll(/\bas\b/g, ":")}} = ${from}`;
      edits.push({ start: each.importStart, end: each.importEnd, text: keptLines(clause, code) });
    }
    this.modules.set(path, { source, body: bodyOf(text, [...edits], { exports, refuse }) });
  }

  async #addImported(
    target: string,
    importers: readonly string[],
    refuse: (why: string) => SignalRefused,
  ): Promise<void> {
    if (importers.includes(target)) throw refuse(`it and ${target} import each other`);
    if (this.modules.has(target)) return;
    if (this.modules.size >= FILES_MAX) throw refuse(`it has more than ${FILES_MAX} files`);
    try {
      await this.add(target, importers);
    } catch (error) {
      throw systemCodeOf(error) === "ENOENT" ? refuse(`there is no file ${target}`) : error;
    }
  }
}

const IMPORT_HINT = `import from "${SDK_SPECIFIER}", or from a file beside the signal: "./name.ts"`;
const NAMED_ONLY = `write import { name } from "…"`;

function refusalOf(specifier: string): string {
  return `"${specifier}" cannot be imported by a signal`;
}

/** Resolves a specifier; undefined when it may not be imported. */
function targetOf(from: string, specifier: string): string | undefined {
  if (specifier === SDK_SPECIFIER) return specifier;
  // Subfolders are allowed; parent folders are outside the signal.
  if (!/^\.\/(?:[\w-]+\/)*[\w-]+\.ts$/.test(specifier)) return undefined;
  return from.slice(0, from.lastIndexOf("/") + 1) + specifier.slice(2);
}

function stripped(path: string, source: string): string {
  try {
    return nodeModule.stripTypeScriptTypes(source);
  } catch (error) {
    throw new SignalRefused(locationOf(path, source, 0), `Its types: ${messageOf(error)}`);
  }
}

function parsed(path: string, source: string, text: string): ReturnType<typeof lexer.parse> {
  try {
    return lexer.parse(text);
  } catch (error) {
    const offset = Number((error as { idx?: unknown }).idx ?? 0);
    throw new SignalRefused(locationOf(path, source, offset), "It cannot be read as TypeScript");
  }
}

interface Edit {
  start: number;
  end: number;
  text: string;
}

interface Exports {
  exports: ReturnType<typeof lexer.parse>[1];
  refuse: (offset: number, why: string, hint?: string) => SignalRefused;
}

/** Returns a module as an expression: imports and exports rewritten, line numbers kept. */
function bodyOf(text: string, edits: Edit[], { exports, refuse }: Exports): string {
  const fields: string[] = [];
  for (const each of exports) {
    if (each.type !== "direct") throw refuse(each.start, "a signal exports only what is its own");
    const { name, exportStart } = each;
    const local = name === "default" && each.localName === undefined ? "defaultExport" : undefined;
    if (local !== undefined) {
      edits.push({ start: exportStart, end: each.end, text: `const ${local} =` });
      fields.push(`default: ${local}`);
      continue;
    }
    fields.push(`${JSON.stringify(name)}: ${each.localName ?? name}`);
    const isList = /^export\s*\{/.test(text.slice(exportStart));
    const end = isList ? text.indexOf("}", exportStart) + 1 : exportStart + "export".length;
    if (!edits.some(({ start }) => start === exportStart)) {
      edits.push({ start: exportStart, end, text: isList ? ";" : "" });
    }
  }
  let body = text;
  for (const { start, end, text: by } of edits.toSorted((a, b) => b.start - a.start)) {
    body = body.slice(0, start) + by + body.slice(end);
  }
  return `(() => {${body}\nreturn { ${fields.join(", ")} }; })();`;
}

/** Returns the code padded to the clause's line count. */
function keptLines(clause: string, code: string): string {
  return code.replaceAll("\n", " ") + "\n".repeat(clause.split("\n").length - 1);
}
