import type { z } from "zod";
import {
  type Calendar,
  CALENDAR_FILE,
  contentOf,
  type Environment,
  ENVIRONMENT_FILE,
  type Feed,
  FEED_FILE,
  findingsError,
  INSTRUMENT_FILE,
  type InstrumentFile,
  type Rbac,
  RBAC_FILE,
  readRegistryTexts,
  type RegisteredSchema,
  registryFileIdOf,
  type RegistryKind,
  registryPathOf,
  SCHEMA_FILE,
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

/** Shapes of the files that commands read one by one. */
const SHAPES = {
  calendar: CALENDAR_FILE,
  environment: ENVIRONMENT_FILE,
  feed: FEED_FILE,
  instrument: INSTRUMENT_FILE,
  rbac: RBAC_FILE,
  schema: SCHEMA_FILE,
};
type ReadKind = keyof typeof SHAPES;
type Content<K extends ReadKind> = z.output<(typeof SHAPES)[K]>;

/** All files of a registry folder and their texts. */
export class Registry {
  readonly dir: string;
  /** Texts by path in the folder. */
  readonly texts: ReadonlyMap<string, string>;
  /** Whether the files are from an earlier commit, whose checks are relaxed. */
  readonly isPast: boolean;
  /** Files read so far, by path. */
  #read = new Map<string, ReturnType<typeof contentOf>>();

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

  /** Contents of all files of a kind whose shape is valid, by name. */
  all<K extends ReadKind>(kind: K): Content<K>[] {
    return this.names(kind).flatMap((name) =>
      (this.#contentOf(kind, name).content as Content<K> | undefined) ?? []
    );
  }

  /** Text of a file. Throws ConfigError `CONFIG_NOT_FOUND` that suggests the nearest name. */
  text(kind: RegistryKind, name: string): string {
    const text = this.texts.get(registryPathOf({ kind, name }));
    if (text === undefined) throw this.unknown(WORDS[kind], name, this.names(kind));
    return text;
  }

  /** Valid feed. Throws ConfigError when it is unknown or has findings. */
  feed(name: string): Feed {
    return this.#valid("feed", name);
  }

  /** Valid calendar. Throws like {@linkcode Registry.feed}. */
  calendar(name: string): Calendar {
    return this.#valid("calendar", name);
  }

  /** Valid environment. Throws like {@linkcode Registry.feed}. */
  environment(name: string): Environment {
    return this.#valid("environment", name);
  }

  /** Valid schema. Throws like {@linkcode Registry.feed}. */
  schema(name: string): RegisteredSchema {
    return this.#valid("schema", name);
  }

  /** Valid roles of an environment. Throws like {@linkcode Registry.feed}. */
  rbac(environment: string): Rbac {
    return this.#valid("rbac", environment);
  }

  /** Valid instrument. Throws like {@linkcode Registry.feed}. */
  instrument(id: string): InstrumentFile {
    return this.#valid("instrument", id);
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

  /** Parses this file only; throws the findings of its shape. */
  #valid<K extends ReadKind>(kind: K, name: string): Content<K> {
    this.text(kind, name);
    const { content, findings } = this.#contentOf(kind, name);
    if (content === undefined) throw findingsError(findings);
    return content as Content<K>;
  }

  #contentOf(kind: ReadKind, name: string): ReturnType<typeof contentOf> {
    const path = registryPathOf({ kind, name });
    const known = this.#read.get(path);
    if (known !== undefined) return known;
    const source = { path: `${this.dir}/${path}`, text: this.text(kind, name) };
    const shape: z.ZodType = SHAPES[kind];
    const read = contentOf(source, shape, this.isPast);
    this.#read.set(path, read);
    return read;
  }
}

/** Path relative to the working directory if inside it, else unchanged. */
export function shownPath(path: string): string {
  const here = `${Deno.cwd()}/`;
  return path.startsWith(here) ? path.slice(here.length) : path;
}
