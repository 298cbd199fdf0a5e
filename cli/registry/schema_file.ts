import { compareSchemas, parseSchema, type SchemaChange, SCHEMAS, worstEffect } from "@ssmd/codec";
import { type RegisteredSchema, schemaVersionOn, todayUtc } from "@ssmd/metadata";
import { ConfigError, systemCodeOf } from "@ssmd/runtime";
import type { Registry } from "./registry.ts";

/** Schema text with its name in messages. */
interface SchemaText {
  /** `trade@v1`, or the file path. */
  name: string;
  text: string;
}

/** Struct name of a schema: the record's own, or the name in upper camel case. */
export function structOf(name: string): string {
  const own = Object.entries(SCHEMAS).find(([type]) => type === name)?.[1].name;
  return own ??
    name.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Text this build of ssmd writes records with; undefined for other names. */
export function builtInText(name: string): string | undefined {
  return Object.entries(SCHEMAS).find(([type]) => type === name)?.[1].text;
}

/** Names of the record schemas this build writes. */
export function builtInNames(): string[] {
  return Object.keys(SCHEMAS).sort();
}

/** Reads a text file. Throws ConfigError `CONFIG_UNREADABLE`. */
export async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotCapable) throw cause;
    throw new ConfigError("CONFIG_UNREADABLE", `${path} cannot be read (${systemCodeOf(cause)})`, {
      hint: "Name the file that holds the schema's text",
      cause,
    });
  }
}

/** Loads `x.capnp` (a file), `trade@v1` (a version) or `trade` (the version in force, else the newest). */
export async function schemaText(registry: Registry, spec: string): Promise<SchemaText> {
  if (spec.endsWith(".capnp")) return { name: spec, text: await readText(spec) };
  const [name = "", wanted] = spec.split("@");
  const schema = registry.schema(name);
  const version = wanted === undefined
    ? schemaVersionOn(schema, todayUtc()) ?? schema.versions.at(-1)
    : schema.versions.find((each) => each.version === wanted);
  if (version === undefined) throw noVersion(registry, schema, wanted ?? "");
  const text = registry.texts.get(`schemas/${version.file}`);
  if (text === undefined) {
    throw new ConfigError("CONFIG_NOT_FOUND", `The text ${version.file} of ${name} is missing`, {
      hint: "Restore it with git; ssmd validate tells everything that is wrong",
    });
  }
  return { name: `${name}@${version.version}`, text };
}

/** Error for an unknown schema version. */
export function noVersion(
  registry: Registry,
  schema: RegisteredSchema,
  wanted: string,
): ConfigError {
  const versions = schema.versions.map(({ version }) => version);
  return registry.unknown(`version of schema ${schema.name}`, wanted, versions);
}

/** Differences between two texts and their worst effect. Throws SchemaError. */
export function compareTexts(
  before: SchemaText,
  after: SchemaText,
): { changes: SchemaChange[]; effect: ReturnType<typeof worstEffect> } {
  const changes = compareSchemas(
    parseSchema(before.name, before.text),
    parseSchema(after.name, after.text),
  );
  return { changes, effect: worstEffect(changes) };
}
