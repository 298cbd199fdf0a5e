import {
  type Calendar,
  type CheckResult,
  checkSources,
  type Environment,
  type Feed,
  findingsError,
  type InstrumentFile,
  type Rbac,
  readRegistryTexts,
  type RegisteredSchema,
  registryFileIdOf,
  type RegistryKind,
  registryPathOf,
  type SourceFile,
} from "@ssmd/metadata";
import { claimProblems, externalProblem, PARSERS } from "@ssmd/exchanges";
import { ConfigError } from "@ssmd/runtime";
import type { Globals } from "../context.ts";
import { unknownName } from "../unknown_name.ts";
import { registryDirOf, registryToRun } from "../registry_dir.ts";
import { checkSchemaText } from "./schema_text.ts";

/** Names of file kinds in messages. */
const WORDS: Readonly<Record<RegistryKind, string>> = {
  calendar: "calendar",
  feed: "feed",
  environment: "environment",
  schema: "schema",
  "schema text": "schema text",
  qa: "file of checks",
  instrument: "instrument",
  policy: "policy",
  rbac: "file of roles",
};

/** All files of a registry folder and their texts. */
export class Registry {
  readonly dir: string;
  /** Texts by path in the folder. */
  readonly texts: ReadonlyMap<string, string>;
  #isPast: boolean;
  #checked: CheckResult | undefined;

  /** `dir` is the folder as shown to people; `isPast` relaxes {@linkcode Registry.check} for earlier files. */
  constructor(dir: string, texts: ReadonlyMap<string, string>, isPast = false) {
    this.dir = dir;
    this.texts = texts;
    this.#isPast = isPast;
  }

  /** Reads the folder. Throws ConfigError `CONFIG_NOT_FOUND`. */
  static async open(globals: Pick<Globals, "dir">): Promise<Registry> {
    const found = shownPath(await registryDirOf(globals));
    return new Registry(found, await readRegistryTexts(found));
  }

  /** As {@linkcode Registry.open}; the registry that comes with ssmd where none is found. */
  static async openToRun(globals: Pick<Globals, "dir">): Promise<Registry> {
    return await Registry.open({ dir: await registryToRun(globals) });
  }

  /** Copy with changed files; `undefined` = remove. */
  with(changes: ReadonlyMap<string, string | undefined>): Registry {
    const texts = new Map(this.texts);
    for (const [path, text] of changes) {
      if (text === undefined) texts.delete(path);
      else texts.set(path, text);
    }
    return new Registry(this.dir, texts);
  }

  /** Returns all findings and the valid files. */
  check(): CheckResult {
    const files: SourceFile[] = [...this.texts].map(([path, text]) => ({
      path: `${this.dir}/${path}`,
      text,
    }));
    // Today's normalizers and claims do not apply to earlier files.
    const ofToday = this.#isPast ? {} : { parsers: PARSERS, externalProblem, claimProblems };
    const options = { checkSchemaText, isWhole: true, isPast: this.#isPast, ...ofToday };
    return this.#checked ??= checkSources(files, options);
  }

  /** Names of a kind, sorted. */
  names(kind: RegistryKind): string[] {
    return [...this.texts.keys()].flatMap((path) => {
      const file = registryFileIdOf(path);
      return file?.kind === kind ? [file.name] : [];
    }).sort();
  }

  /** Text of a file. Throws ConfigError `CONFIG_NOT_FOUND` that suggests the nearest name. */
  text(kind: RegistryKind, name: string): string {
    const text = this.texts.get(registryPathOf({ kind, name }));
    if (text === undefined) throw this.unknown(WORDS[kind], name, this.names(kind));
    return text;
  }

  /** Valid feed. Throws ConfigError when it is unknown or has findings. */
  feed(name: string): Feed {
    return this.#assertValid("feed", name, this.check().feeds.get(name));
  }

  /** Valid calendar. Throws like {@linkcode Registry.feed}. */
  calendar(name: string): Calendar {
    return this.#assertValid("calendar", name, this.check().calendars.get(name));
  }

  /** Valid environment. Throws like {@linkcode Registry.feed}. */
  environment(name: string): Environment {
    return this.#assertValid("environment", name, this.check().environments.get(name));
  }

  /** Valid schema. Throws like {@linkcode Registry.feed}. */
  schema(name: string): RegisteredSchema {
    return this.#assertValid("schema", name, this.check().schemas.get(name));
  }

  /** Valid roles of an environment. Throws like {@linkcode Registry.feed}. */
  rbac(environment: string): Rbac {
    return this.#assertValid("rbac", environment, this.check().rbac.get(environment));
  }

  /** Valid instrument. Throws like {@linkcode Registry.feed}. */
  instrument(id: string): InstrumentFile {
    return this.#assertValid("instrument", id, this.check().instruments.get(id));
  }

  /** Throws ConfigError `CONFIG_EXISTS` when the name is taken. */
  assertNew(kind: RegistryKind, name: string): void {
    const path = registryPathOf({ kind, name });
    if (!this.texts.has(path)) return;
    throw new ConfigError("CONFIG_EXISTS", `There is already a ${WORDS[kind]} "${name}"`, {
      hint: `ssmd ${
        kind === "environment" ? "env" : WORDS[kind]
      } show ${name} shows it; update changes it`,
      context: { path: `${this.dir}/${path}` },
    });
  }

  /** Error for a name that this registry does not contain. */
  unknown(what: string, name: string, names: readonly string[]): ConfigError {
    return unknownName({
      what,
      name,
      names,
      where: `in ${this.dir}`,
      code: "CONFIG_NOT_FOUND",
    });
  }

  #assertValid<T>(kind: RegistryKind, name: string, found: T | undefined): T {
    this.text(kind, name);
    if (found !== undefined) return found;
    const file = `${this.dir}/${registryPathOf({ kind, name })}`;
    throw findingsError(this.check().findings.filter((finding) => finding.file === file));
  }
}

/** Path relative to the working directory if inside it, else unchanged. */
export function shownPath(path: string): string {
  const here = `${Deno.cwd()}/`;
  return path.startsWith(here) ? path.slice(here.length) : path;
}
