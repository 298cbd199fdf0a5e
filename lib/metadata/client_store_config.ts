import { createHash } from "node:crypto";
import { parseDurationMs } from "@ssmd/runtime";
import { type CredentialsReader, credentialsReader, KEY_SOURCES } from "./credentials_reader.ts";
import type { Environment } from "./environment.ts";
import { type KeyAccess, reported } from "./key_access.ts";
import { keysOfReferences, resolveKeys } from "./keys.ts";

/** Where a gateway keeps its clients, their sessions and usage; with credentials in place of references. */
export type ClientStoreConfig = { type: "sqlite"; path: string } | {
  type: "postgres";
  url: string;
  /** Of this environment alone. */
  schema: string;
  credentials?: Record<string, string>;
  /** Reads them from where their keys are now. */
  readCredentials?: CredentialsReader;
  /** Time for which clients go on while it does not answer. */
  keptMs: number;
};

/** Options of {@linkcode clientStoreConfig}. */
interface ClientStoreOptions {
  /** Folder of the spools, beside which the file of clients is. */
  dataDir: string;
  /** Told that the keys were read, or were refused. */
  onKeyAccess?: (environment: Environment, access: KeyAccess) => Promise<void>;
}

const KEPT_MS = parseDurationMs("10m");

/**
 * Where the clients of an environment are. Its keys are read here, as few programs need them. Rejects
 * as {@linkcode resolveKeys}.
 */
export async function clientStoreConfig(
  environment: Environment,
  options: ClientStoreOptions,
): Promise<ClientStoreConfig> {
  const { clients } = environment.gateway;
  return clients?.type === "postgres"
    ? await postgresConfig(environment, clients, options)
    : { type: "sqlite", path: sqlitePath(environment, options.dataDir) };
}

type Clients = NonNullable<Environment["gateway"]["clients"]>;

async function postgresConfig(
  environment: Environment,
  clients: Clients & { type: "postgres" },
  { onKeyAccess }: ClientStoreOptions,
): Promise<ClientStoreConfig & { type: "postgres" }> {
  const { name } = environment;
  const { type, url, clients_kept: keptMs = KEPT_MS, credentials: references } = clients;
  const at = { type, url, schema: schemaOf(name), keptMs };
  if (references === undefined) return at;
  const needed = keysOfReferences(environment, Object.values(references));
  const access = { action: "resolve", environment: name, keys: Object.keys(needed) } as const;
  const keys = await reported(
    access,
    async (each) => await onKeyAccess?.(environment, each),
    () => resolveKeys({ ...environment, keys: needed }, KEY_SOURCES),
  );
  return {
    ...{ ...at, credentials: keys.values(references) },
    readCredentials: credentialsReader({ environment, references, keys, onAccess: onKeyAccess }),
  };
}

/** Where the audit log of an environment is: beside its clients, or in a file of its own. */
export type AuditLocationConfig = { type: "sqlite"; path: string } | {
  type: "postgres";
  /** Gives what reaches the database; its keys are read here. */
  connect: () => Promise<ClientStoreConfig & { type: "postgres" }>;
  /** The file in which events of this machine wait while it is away. */
  waitingPath: string;
  /** The file in which the log was before the environment moved to PostgreSQL. */
  previousPath: string;
};

/** Where the audit log of an environment is. */
export function auditLocation(
  environment: Environment,
  options: ClientStoreOptions,
): AuditLocationConfig {
  const { name, gateway: { clients } } = environment;
  const path = auditStorePath(name, options.dataDir);
  if (clients?.type !== "postgres") return { type: "sqlite", path };
  return {
    ...{ type: "postgres", waitingPath: auditStorePath(`${name}.waiting`, options.dataDir) },
    previousPath: path,
    connect: () => postgresConfig(environment, clients, options),
  };
}

/** The file of the audit log of a name. */
export function auditStorePath(name: string, dataDir: string): string {
  return `${dataDir}/audit/${name}.sqlite`;
}

/** The file of clients; undefined = they are in a database that machines share. */
export function clientStorePath(environment: Environment, dataDir: string): string | undefined {
  return environment.gateway.clients?.type === "postgres"
    ? undefined
    : sqlitePath(environment, dataDir);
}

function sqlitePath({ name, gateway: { clients } }: Environment, dataDir: string): string {
  return clients?.type === "sqlite" ? clients.path : `${dataDir}/clients/${name}.sqlite`;
}

/** Characters of a name that PostgreSQL looks at. */
const NAME_MAX = 63;

/** The PostgreSQL schema of an environment: no two environments have the same. */
export function schemaOf(environment: string): string {
  const name = `ssmd_${environment}`;
  if (name.length <= NAME_MAX) return name;
  const hash = createHash("sha256").update(environment).digest("hex").slice(0, 16);
  return `${name.slice(0, NAME_MAX - hash.length - 1)}_${hash}`;
}
