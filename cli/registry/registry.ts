import type { z } from "zod";
import {
  type Calendar,
  CALENDAR_FILE,
  contentOf,
  type Feed,
  FEED_FILE,
  type FileContent,
  findingsError,
  readRegistryTexts,
  type RegisteredSchema,
  registryFileIdOf,
  type RegistryKind,
  registryPathOf,
  SCHEMA_FILE,
  YamlSource,
} from "@ssmd/metadata/registry_content";
import { ConfigError } from "@ssmd/runtime/errors";
import { unknownName } from "../unknown_name.ts";
import { type RegistryChoice, registryDirOf } from "../registry_dir.ts";

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
  /** Whether the files are from an earlier commit, whose checks are relaxed. */
  readonly isPast: boolean;
  /** Files parsed so far, by path. */
  #parsed = new Map<string, YamlSource>();

  /** `dir` is the folder as shown to people. */
  constructor(dir: string, texts: ReadonlyMap<string, string>, isPast = false) {
    this.dir = dir;
    this.texts = texts;
    this.isPast = isPast;
  }

  /** Reads the folder. Throws ConfigError `CONFIG_NOT_FOUND`. */
  static async open(globals: RegistryChoice): Promise<Registry> {
    const found = shownPath(await registryDirOf(globals));
    return new Registry(found, await readRegistryTexts(found));
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

  /** Names of a kind, sorted. */
  names(kind: RegistryKind): string[] {
    return [...this.texts.keys()].flatMap((path) => {
      const file = registryFileIdOf(path);
      return file?.kind === kind ? [file.name] : [];
    }).sort();
  }

  /** Contents of all files of a kind that have this shape, by name. */
  all<T>(kind: RegistryKind, shape: z.ZodType<T>): T[] {
    return this.names(kind).flatMap((name) => this.#contentOf(kind, shape, name).content ?? []);
  }

  /** Text of a file. Throws ConfigError `CONFIG_NOT_FOUND` that suggests the nearest name. */
  text(kind: RegistryKind, name: string): string {
    const text = this.texts.get(registryPathOf({ kind, name }));
    if (text === undefined) throw this.unknown(WORDS[kind], name, this.names(kind));
    return text;
  }

  /** Valid feed. Throws ConfigError when it is unknown or has findings. */
  feed(name: string): Feed {
    return this.valid("feed", FEED_FILE, name);
  }

  /** Valid calendar. Throws like {@linkcode Registry.feed}. */
  calendar(name: string): Calendar {
    return this.valid("calendar", CALENDAR_FILE, name);
  }

  /** Valid schema. Throws like {@linkcode Registry.feed}. */
  schema(name: string): RegisteredSchema {
    return this.valid("schema", SCHEMA_FILE, name);
  }

  /** Content of a file of this shape; parses no other. Throws like {@linkcode Registry.feed}. */
  valid<T>(kind: RegistryKind, shape: z.ZodType<T>, name: string): T {
    const { content, findings } = this.#contentOf(kind, shape, name);
    if (content === undefined) throw findingsError(findings);
    return content;
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

  #contentOf<T>(kind: RegistryKind, shape: z.ZodType<T>, name: string): FileContent<T> {
    const path = registryPathOf({ kind, name });
    const text = this.text(kind, name);
    const yaml = this.#parsed.get(path) ??
      new YamlSource({ path: `${this.dir}/${path}`, text }, this.isPast);
    this.#parsed.set(path, yaml);
    return contentOf(yaml, shape);
  }
}

/** Path relative to the working directory if inside it, else unchanged. */
export function shownPath(path: string): string {
  const here = `${Deno.cwd()}/`;
  return path.startsWith(here) ? path.slice(here.length) : path;
}
