import type { Environment } from "./environment.ts";
import { type KeyAccess, reported } from "./key_access.ts";
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

/** Credentials as first read, and their reader. */
interface OpenedCredentials {
  credentials: Record<string, string>;
  readCredentials: CredentialsReader;
}

/** Reads credentials now, and returns a reader for later. Rejects like `resolveKeys`. */
export async function openCredentials(
  environment: Environment,
  references: Record<string, string>,
  onAccess: CredentialsReaderOptions["onAccess"],
): Promise<OpenedCredentials> {
  const needed = keysOfReferences(environment, Object.values(references));
  const names = Object.keys(needed);
  const keys = await reported(
    { action: "resolve", environment: environment.name, keys: names },
    async (each) => await onAccess?.(environment, each),
    () => resolveKeys({ ...environment, keys: needed }, KEY_SOURCES),
  );
  return {
    credentials: keys.values(references),
    readCredentials: credentialsReader({ environment, references, keys, onAccess }),
  };
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
