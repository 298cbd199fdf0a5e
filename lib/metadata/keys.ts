import { ConfigError, suggestion } from "@ssmd/runtime";
import { parseDocument } from "yaml";
import type { Environment, KeySpec } from "./environment.ts";
import { fieldOf } from "./loose.ts";

/** Where keys are read from; given by the caller, so that tests need neither variables nor files. */
export interface KeySources {
  /** A variable of the process. */
  env: (name: string) => string | undefined;
  /** Text of a file; rejects when it cannot be read. */
  readFile: (path: string) => Promise<string>;
}

/** The keys of an environment with their values, which show up in no log, JSON or message. */
export class ResolvedKeys {
  #values: Map<string, string>;
  #environment: Environment;

  /** Values by `name.field`. */
  constructor(environment: Environment, values: Map<string, string>) {
    this.#environment = environment;
    this.#values = values;
  }

  /** Whether the key is there with all its fields. */
  has(name: string): boolean {
    const spec = this.#environment.keys[name];
    return spec !== undefined && spec.fields.every((field) => this.#values.has(`${name}.${field}`));
  }

  /** The value of `$key:name.field`. Throws ConfigError `KEY_MISSING` when there is none. */
  value(reference: string): string {
    const id = reference.replace(/^\$key:/, "");
    const found = this.#values.get(id);
    if (found !== undefined) return found;
    const [name = "", field = ""] = id.split(".");
    const spec = this.#environment.keys[name];
    throw missingError(this.#environment.name, [whereOf(name, field, spec)]);
  }

  /** Resolves each reference of a map of credentials. */
  values(references: Record<string, string> | undefined): Record<string, string> {
    const entries = Object.entries(references ?? {});
    return Object.fromEntries(entries.map(([field, each]) => [field, this.value(each)]));
  }

  /** Credentials of a feed by field; empty where it needs none. */
  credentials(feed: string): Record<string, string> {
    return this.values(this.#environment.credentials?.[feed]);
  }
}

/** The variable that holds a field of a key with source `env`: `SSMD_KEY_<NAME>_<FIELD>`. */
export function keyVariable(name: string, field: string): string {
  return `SSMD_KEY_${name}_${field}`.replace(/[^A-Za-z0-9]/g, "_").toUpperCase();
}

/**
 * Reads all keys of an environment. Throws ConfigError `KEY_MISSING` that names each required field that is
 * missing and where it is looked for; values never stand in messages.
 */
export async function resolveKeys(
  environment: Environment,
  sources: KeySources,
): Promise<ResolvedKeys> {
  const values = new Map<string, string>();
  const missing: string[] = [];
  for (const [name, spec] of Object.entries(environment.keys)) {
    const lookup = await lookupOf(name, spec, sources);
    for (const field of spec.fields) {
      const value = lookup(field);
      if (value !== undefined && value !== "") values.set(`${name}.${field}`, unfolded(value));
      else if (spec.required) missing.push(whereOf(name, field, spec));
    }
  }
  if (missing.length > 0) throw missingError(environment.name, missing);
  return new ResolvedKeys(environment, values);
}

/** PEM text in a variable often has its line breaks written as `\n`. */
function unfolded(value: string): string {
  return value.startsWith("-----BEGIN") ? value.replaceAll("\\n", "\n") : value;
}

type Lookup = (field: string) => string | undefined;

async function lookupOf(name: string, spec: KeySpec, sources: KeySources): Promise<Lookup> {
  if (spec.source === "env") return (field) => sources.env(keyVariable(name, field));
  const path = spec.source.slice("file:".length);
  let text: string;
  try {
    text = await sources.readFile(path);
  } catch (cause) {
    if (!spec.required) return () => undefined;
    throw new ConfigError("KEY_MISSING", `the file ${path} of key "${name}" cannot be read`, {
      hint: `write it as YAML with the fields ${
        spec.fields.join(", ")
      }, readable by this user only`,
      context: { key: name, path },
      cause,
    });
  }
  return fieldsOfFile(name, path, spec, text);
}

function fieldsOfFile(name: string, path: string, spec: KeySpec, text: string): Lookup {
  // The parser's own message is left out: it may repeat a piece of the secret.
  const document = parseDocument(text, { prettyErrors: false, logLevel: "silent" });
  const broken = document.errors.length > 0;
  const content: unknown = broken ? undefined : document.toJS();
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new ConfigError(
      "KEY_INVALID",
      `the file ${path} of key "${name}" is no YAML or JSON map`,
      {
        hint: `write one line a field: ${spec.fields.map((field) => `${field}: …`).join(", ")}`,
        context: { key: name, path },
      },
    );
  }
  const strange = Object.keys(content).find((field) => !spec.fields.includes(field));
  if (strange !== undefined) {
    const hint = suggestion(strange, spec.fields);
    throw new ConfigError("KEY_INVALID", `the file ${path} of key "${name}" has an unknown field`, {
      hint: spec.fields.length > 0 ? `${hint} allowed: ${spec.fields.join(", ")}` : hint,
      context: { key: name, path },
    });
  }
  return (field) => {
    const value = fieldOf(content, field);
    return value === undefined || value === null ? undefined : String(value);
  };
}

function whereOf(name: string, field: string, spec: KeySpec | undefined): string {
  if (spec === undefined) return `${name}.${field} (there is no such key)`;
  return spec.source === "env"
    ? `${name}.${field} (variable ${keyVariable(name, field)})`
    : `${name}.${field} (field ${field} in ${spec.source.slice("file:".length)})`;
}

function missingError(environment: string, missing: string[]): ConfigError {
  return new ConfigError(
    "KEY_MISSING",
    `environment ${environment} lacks ${missing.length === 1 ? "a key" : "keys"}: ${
      missing.join("; ")
    }`,
    {
      hint: "set what is named in brackets and start again; the environment demo needs no keys",
      context: { environment, missing },
    },
  );
}
