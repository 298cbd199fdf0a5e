import type { StorageSpec } from "./environment.ts";
import { keysOfReferences, type ResolvedKeys, resolveKeys } from "./keys.ts";
import { type CredentialsReader, KEY_SOURCES } from "./credentials_reader.ts";
import { findRegistry } from "./find_registry.ts";
import { loadEnvironment } from "./registry.ts";

type S3Spec = Extract<StorageSpec, { type: "s3" }>;

/** File storage, with resolved credentials. */
export type DeployedStorage =
  | Exclude<StorageSpec, S3Spec>
  | Omit<S3Spec, "credentials" | "path_style"> & {
    pathStyle?: boolean;
    credentials?: Record<string, string>;
    /** Re-reads the current credentials; for long-running services. */
    readCredentials?: CredentialsReader;
  };

/** Options of {@linkcode loadStorage}. */
interface LoadStorageOptions {
  env: string;
  /** Registry folder; default: searched upward from the working directory. */
  registryDir?: string;
}

/** Options that differ between services and commands. */
interface DeployedStorageOptions {
  /** Local folder that overrides the environment's. */
  dataDir?: string;
  /** Creates a reader for rotated credentials; absent = not re-read. */
  read?: (references: Record<string, string>) => CredentialsReader;
}

/** Returns an environment's storage with its keys. */
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
 * Loads only an environment's storage, so no other key needs to exist. Throws ConfigError with all
 * findings of invalid files, and `KEY_MISSING`.
 */
export async function loadStorage(
  { env, registryDir }: LoadStorageOptions,
): Promise<DeployedStorage> {
  const environment = await loadEnvironment(registryDir ?? await findRegistry(Deno.cwd()), env);
  const needed = keysOfReferences(environment, storageReferences(environment.storage));
  const keys = await resolveKeys({ ...environment, keys: needed }, KEY_SOURCES);
  return deployedStorage(environment.storage, keys);
}

/** Returns the storage's key references. */
export function storageReferences(storage: StorageSpec): string[] {
  return storage.type === "s3" ? Object.values(storage.credentials ?? {}) : [];
}
