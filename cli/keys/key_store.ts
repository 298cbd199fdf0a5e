import { keySourceOf, type KeySpec, keyVariable, readKey } from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import type { SealFlags } from "./flags.ts";
import type { DeclaredKey, KeyContext } from "./key_context.ts";
import { keepOutOfGit, writePrivateFile } from "./private_file.ts";
import { SealedFile } from "./sealed_file.ts";
import type { KeyStore } from "./store.ts";

/** Returns true when ssmd itself writes the values. */
export function isWritable(spec: KeySpec): boolean {
  const { kind } = keySourceOf(spec);
  return kind === "file" || kind === "sealed-secret";
}

/** Store of a key. Throws ConfigError `KEY_SOURCE_READ_ONLY` for sources that ssmd does not write. */
export function storeOf({ keys, name, spec }: DeclaredKey, seal: SealFlags = {}): KeyStore {
  const source = keySourceOf(spec);
  if (source.kind === "file") return fileStore({ keys, name, spec }, source.path);
  if (source.kind === "sealed-secret") {
    return new SealedFile(sealedPath(keys, source.secret), {
      secret: source.secret,
      fields: spec.fields,
      flags: seal,
    });
  }
  const where = source.kind === "env"
    ? `export ${spec.fields.map((field) => `${keyVariable(name, field)}=…`).join(" ")}`
    : `change the secret that is mounted at ${source.dir}`;
  throw new ConfigError(
    "KEY_SOURCE_READ_ONLY",
    `The values of key ${name} come from ${
      source.kind === "env" ? "variables" : "a mounted secret"
    }, which ssmd does not write`,
    {
      hint:
        `${where}; then record the date: ssmd key rotate ${name} --env ${keys.environment.name}`,
    },
  );
}

/** Path of a sealed secret's manifest. */
export function sealedPath({ dir, environment }: KeyContext, secret: string): string {
  return `${dir}/sealed/${environment.name}/${secret}.yaml`;
}

function fileStore({ keys, name, spec }: DeclaredKey, path: string): KeyStore {
  const values = () => readKey(name, { ...spec, required: false }, keys.sources);
  return {
    path,
    present: async () => new Set((await values()).keys()),
    ready: () => keepOutOfGit(path),
    holds: async (given) => {
      const now = await values();
      return [...given].every(([field, value]) => now.get(field) === value);
    },
    write: async (given) => {
      const all = new Map([...await values(), ...given]);
      // In declared order; a JSON string is valid YAML whatever it contains.
      const lines = spec.fields.map((field) => [field, all.get(field)] as const)
        .filter(([, value]) => value !== undefined)
        .map(([field, value]) => `${field}: ${JSON.stringify(value)}\n`);
      await writePrivateFile(path, lines.join(""));
    },
    remove: () => Deno.remove(path),
  };
}
