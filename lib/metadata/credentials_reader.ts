import type { Environment } from "./environment.ts";
import type { KeyAccess } from "./key_access.ts";
import type { KeySources } from "./key_source.ts";
import { keysOfReferences, type ResolvedKeys, resolveKeys } from "./keys.ts";

/** Reads credentials by field from where their keys are now. Rejects as `resolveKeys` does. */
export type CredentialsReader = () => Promise<Record<string, string>>;

/** Keys as the process finds them: its variables and files. */
export const KEY_SOURCES: KeySources = {
  env: (name) => Deno.env.get(name),
  readFile: (path) => Deno.readTextFile(path),
};

/** Options of {@linkcode credentialsReader}. */
interface CredentialsReaderOptions {
  environment: Environment;
  /** References to keys by field. */
  references: Record<string, string>;
  /** The keys as they were read first, which has been reported. */
  keys: ResolvedKeys;
  /** Told of each new value, once. */
  onAccess: ((environment: Environment, access: KeyAccess) => Promise<void>) | undefined;
}

/** Reads keys again each time, as they are rotated in place. */
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
