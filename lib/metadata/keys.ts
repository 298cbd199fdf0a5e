import { ConfigError } from "@ssmd/runtime";
import type { Environment } from "./environment.ts";
import { type KeySources, readKey, whereOf } from "./key_source.ts";

/** Keys of an environment with their values, hidden from logs, JSON and messages. */
export class ResolvedKeys {
  #values: Map<string, string>;
  #environment: Environment;

  /** Takes values by `name.field`. */
  constructor(environment: Environment, values: Map<string, string>) {
    this.#environment = environment;
    this.#values = values;
  }

  /** Returns the value of `$key:name.field`. Throws ConfigError `KEY_MISSING` if there is none. */
  value(reference: string): string {
    const id = reference.replace(/^\$key:/, "");
    const found = this.#values.get(id);
    if (found !== undefined) return found;
    const [name = "", field = ""] = id.split(".");
    const spec = this.#environment.keys[name];
    throw missingError(this.#environment.name, [whereOf(name, field, { spec })]);
  }

  /** Resolves each reference in a map of credentials. */
  values(references: Record<string, string> | undefined): Record<string, string> {
    const entries = Object.entries(references ?? {});
    return Object.fromEntries(entries.map(([field, each]) => [field, this.value(each)]));
  }
}

/**
 * Reads all keys of an environment. Throws ConfigError `KEY_MISSING` that lists each missing
 * required field and its source; messages never contain values.
 */
export async function resolveKeys(
  environment: Environment,
  sources: KeySources,
): Promise<ResolvedKeys> {
  const values = new Map<string, string>();
  const missing: string[] = [];
  for (const [name, spec] of Object.entries(environment.keys)) {
    const found = await readKey(name, spec, sources);
    for (const field of spec.fields) {
      const value = found.get(field);
      if (value !== undefined) values.set(`${name}.${field}`, value);
      else if (spec.required) missing.push(whereOf(name, field, { spec, sources }));
    }
  }
  if (missing.length > 0) throw missingError(environment.name, missing);
  return new ResolvedKeys(environment, values);
}

function missingError(environment: string, missing: string[]): ConfigError {
  return new ConfigError(
    "KEY_MISSING",
    `Environment ${environment} lacks ${missing.length === 1 ? "a key" : "keys"}: ${
      missing.join("; ")
    }`,
    {
      hint: "Set what is named in brackets and start again; the environment demo needs no keys",
      context: { environment, missing },
    },
  );
}

/** Returns the environment's keys that are named by references. */
export function keysOfReferences(
  { keys }: Pick<Environment, "keys">,
  references: readonly string[],
): Environment["keys"] {
  const names = new Set(references.map((each) => each.replace(/^\$key:|\..*$/g, "")));
  return Object.fromEntries(Object.entries(keys).filter(([name]) => names.has(name)));
}
