import type { Environment } from "./environment.ts";
import type { KeyAccess } from "./key_access.ts";
import type { KeySources } from "./key_source.ts";
import { keysOfReferences, type ResolvedKeys, resolveKeys } from "./keys.ts";

/** Reads the current credentials by field. Rejects like `resolveKeys`. */
export type CredentialsReader = () => Promise<Record<string, string>>;

/** Key sources of the process: its variables and files. */
export const KEY_SOURCES: KeySources = {
  env: (name) => Deno.env.get(name),
  readFile: (path) => Deno.readTextFile(path),
};

/** Options of {@linkcode credentialsReader}. */
interface CredentialsReaderOptions {
  environment: Environment;
  /** Credential field → key reference. */
  references: Record<string, string>;
  /** Keys as first read; that access is already reported. */
  keys: ResolvedKeys;
  /** Called once for each new value. */
  onAccess: ((environment: Environment, access: KeyAccess) => Promise<void>) | undefined;
}

/** Returns a reader that re-reads rotated keys on each call. */
export function credentialsReader(
  { environment, references, keys, onAccess }: CredentialsReaderOptions,
): CredentialsReader {
  const needed = keysOfReferences(environment, Object.values(references));
  let readBefore = JSON.stringify(keys.values(references));
  return async () => {
    const now = await resolveKeys({ ...environment, keys: needed }, KEY_SOURCES);
    const credentials = now.values(references);
    const text = JSON.stringify(credentials);
    if (text !== readBefore) {
      readBefore = text;
      const names = { environment: environment.name, keys: Object.keys(needed) };
      await onAccess?.(environment, { ...names, action: "resolve", outcome: "done" });
    }
    return credentials;
  };
}
