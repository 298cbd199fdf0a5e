import { ConfigError, suggestion, systemCodeOf } from "@ssmd/runtime";
import type { KeySpec } from "./environment.ts";
import { fieldOf } from "./untyped.ts";
import { safeYaml } from "./safe_yaml.ts";

/** Access to key sources; injected, so tests need neither variables nor files. */
export interface KeySources {
  /** Returns an environment variable. */
  env: (name: string) => string | undefined;
  /** Returns a file's text; rejects when it cannot be read. */
  readFile: (path: string) => Promise<string>;
}

/** A parsed key source. */
type KeySource =
  | { kind: "env" }
  | { kind: "file"; path: string }
  | { kind: "mount"; dir: string }
  | {
    kind: "sealed-secret";
    /** Name of the Kubernetes secret. */
    secret: string;
  };

/** Variable with the folder in which the cluster mounts secrets, one subfolder each. */
const SECRETS_DIR_VARIABLE = "SSMD_SECRETS_DIR";

/** Default of {@linkcode SECRETS_DIR_VARIABLE}. */
const SECRETS_DIR_DEFAULT = "/var/run/secrets/ssmd";

/** Parses the source of a key. */
export function keySourceOf(spec: KeySpec): KeySource {
  const { source } = spec;
  if (source.startsWith("file:")) return { kind: "file", path: source.slice("file:".length) };
  if (source.startsWith("mount:")) {
    return { kind: "mount", dir: source.slice("mount:".length).replace(/(?<=.)\/+$/, "") };
  }
  if (source.startsWith("sealed-secret/")) {
    return { kind: "sealed-secret", secret: source.slice("sealed-secret/".length) };
  }
  return { kind: "env" };
}

/** Returns the variable of a key field with source `env`: `SSMD_KEY_<NAME>_<FIELD>`. */
export function keyVariable(name: string, field: string): string {
  return `SSMD_KEY_${name}_${field}`.replace(/[^A-Za-z0-9]/g, "_").toUpperCase();
}

/**
 * Reads the values of a key's declared fields; skips missing and empty ones. Throws ConfigError
 * `KEY_MISSING` when the file of a required key cannot be read, `KEY_INVALID` when it has another
 * shape, `KEY_UNREADABLE` when a mounted file exists but cannot be read.
 */
export async function readKey(
  name: string,
  spec: KeySpec,
  sources: KeySources,
): Promise<Map<string, string>> {
  const lookup = await lookupOf(name, spec, sources);
  const values = new Map<string, string>();
  for (const field of spec.fields) {
    const value = lookup(field);
    if (value !== undefined && value !== "") values.set(field, unfolded(value));
  }
  return values;
}

/** Describes a field and its source: `kalshi.key_id (variable SSMD_KEY_KALSHI_KEY_ID)`. */
export function whereOf(
  name: string,
  field: string,
  { spec, sources }: { spec: KeySpec | undefined; sources?: KeySources | undefined },
): string {
  if (spec === undefined) return `${name}.${field} (there is no such key)`;
  const source = keySourceOf(spec);
  if (source.kind === "env") return `${name}.${field} (variable ${keyVariable(name, field)})`;
  if (source.kind === "file") return `${name}.${field} (field ${field} in ${source.path})`;
  return `${name}.${field} (file ${mountOf(source, sources)}/${field})`;
}

/** Returns the folder with one file per field. */
function mountOf(
  source: KeySource & { kind: "mount" | "sealed-secret" },
  sources: KeySources | undefined,
): string {
  if (source.kind === "mount") return source.dir;
  return `${sources?.env(SECRETS_DIR_VARIABLE) || SECRETS_DIR_DEFAULT}/${source.secret}`;
}

/** Unescapes `\n` in PEM text, as is common in variables. */
function unfolded(value: string): string {
  return value.startsWith("-----BEGIN") ? value.replaceAll("\\n", "\n") : value;
}

type Lookup = (field: string) => string | undefined;

async function lookupOf(name: string, spec: KeySpec, sources: KeySources): Promise<Lookup> {
  const source = keySourceOf(spec);
  if (source.kind === "env") return (field) => sources.env(keyVariable(name, field));
  if (source.kind === "file") return await fileLookup(name, source.path, { spec, sources });
  const dir = mountOf(source, sources);
  const values = new Map<string, string>();
  for (const field of spec.fields) {
    const value = await mountedValue(name, `${dir}/${field}`, sources);
    if (value !== undefined) values.set(field, value);
  }
  return (field) => values.get(field);
}

async function mountedValue(
  name: string,
  path: string,
  sources: KeySources,
): Promise<string | undefined> {
  try {
    // Strip the trailing line break that editors add to files.
    return (await sources.readFile(path)).replace(/\r?\n$/, "");
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return undefined;
    const why = systemCodeOf(cause) || (cause instanceof Error ? cause.name : "unknown cause");
    throw new ConfigError("KEY_UNREADABLE", `${path} of key "${name}" cannot be read (${why})`, {
      hint: "Check the mode of the mounted secret, and that --allow-read covers the folder",
      context: { key: name, path },
      cause,
    });
  }
}

async function fileLookup(
  name: string,
  path: string,
  { spec, sources }: { spec: KeySpec; sources: KeySources },
): Promise<Lookup> {
  let text: string;
  try {
    text = await sources.readFile(path);
  } catch (cause) {
    if (!spec.required && cause instanceof Deno.errors.NotFound) return () => undefined;
    throw new ConfigError("KEY_MISSING", `The file ${path} of key "${name}" cannot be read`, {
      hint: `Write it as YAML with the fields ${
        spec.fields.join(", ")
      }, readable by this user only`,
      context: { key: name, path },
      cause,
    });
  }
  return fieldsOfFile(name, path, { spec, text });
}

function fieldsOfFile(
  name: string,
  path: string,
  { spec, text }: { spec: KeySpec; text: string },
): Lookup {
  const content = safeYaml(text);
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new ConfigError(
      "KEY_INVALID",
      `The file ${path} of key "${name}" is no YAML or JSON map`,
      {
        hint: `Write one line a field: ${spec.fields.map((field) => `${field}: …`).join(", ")}`,
        context: { key: name, path },
      },
    );
  }
  const strange = Object.keys(content).find((field) => !spec.fields.includes(field));
  if (strange !== undefined) {
    const hint = suggestion(strange, spec.fields);
    throw new ConfigError("KEY_INVALID", `The file ${path} of key "${name}" has an unknown field`, {
      hint: spec.fields.length > 0 ? `${hint} Allowed: ${spec.fields.join(", ")}` : hint,
      context: { key: name, path },
    });
  }
  return (field) => {
    const value = fieldOf(content, field);
    return value === undefined || value === null ? undefined : String(value);
  };
}
