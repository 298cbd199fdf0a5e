import type { StorageSpec } from "./environment.ts";
import { keysOfReferences, type ResolvedKeys, resolveKeys } from "./keys.ts";
import { type CredentialsReader, KEY_SOURCES } from "./credentials_reader.ts";
import { findRegistry } from "./find_registry.ts";
import { loadEnvironment } from "./registry.ts";

type S3Spec = Extract<StorageSpec, { type: "s3" }>;

/** Where files go, with credentials in place of references. */
export type DeployedStorage =
  | Exclude<StorageSpec, S3Spec>
  | Omit<S3Spec, "credentials" | "path_style"> & {
    pathStyle?: boolean;
    credentials?: Record<string, string>;
    /** Reads them from where their keys are now; of services, which run for long. */
    readCredentials?: CredentialsReader;
  };

/** Options of {@linkcode loadStorage}. */
interface LoadStorageOptions {
  env: string;
  /** Registry folder; default: found upward from the working directory. */
  registryDir?: string;
}

/** What differs between services and commands. */
interface DeployedStorageOptions {
  /** Folder of a local one in place of the environment's. */
  dataDir?: string;
  /** How credentials are read again; absent = they are not. */
  read?: (references: Record<string, string>) => CredentialsReader;
}

/** The storage of an environment with its keys. */
export function deployedStorage(
  spec: StorageSpec,
  keys: ResolvedKeys,
  { dataDir, read }: DeployedStorageOptions = {},
): DeployedStorage {
  if (spec.type === "local") return { type: "local", path: dataDir ?? spec.path };
  if (spec.type === "memory") return spec;
  const { path_style: pathStyle, credentials, ...rest } = spec;
  const deployed = { ...rest, ...(pathStyle === undefined ? {} : { pathStyle }) };
  if (credentials === undefined) return deployed;
  const resolved = { ...deployed, credentials: keys.values(credentials) };
  return read === undefined ? resolved : { ...resolved, readCredentials: read(credentials) };
}

/**
 * Loads only where an environment's files are, for those who read them: no other key needs to be
 * there. Throws ConfigError with all findings when a file is wrong, and `KEY_MISSING`.
 */
export async function loadStorage(
  { env, registryDir }: LoadStorageOptions,
): Promise<DeployedStorage> {
  const environment = await loadEnvironment(registryDir ?? await findRegistry(Deno.cwd()), env);
  const needed = keysOfReferences(environment, storageReferences(environment.storage));
  const keys = await resolveKeys({ ...environment, keys: needed }, KEY_SOURCES);
  return deployedStorage(environment.storage, keys);
}

/** References of the storage to keys. */
export function storageReferences(storage: StorageSpec): string[] {
  return storage.type === "s3" ? Object.values(storage.credentials ?? {}) : [];
}
