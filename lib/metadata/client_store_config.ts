import { createHash } from "node:crypto";
import { parseDurationMs } from "@ssmd/runtime";
import { type CredentialsReader, openCredentials } from "./credentials_reader.ts";
import type { Environment } from "./environment.ts";
import type { KeyAccess } from "./key_access.ts";

type Clients = Extract<
  NonNullable<Environment["gateway"]["clients"]>,
  { type: "postgres" }
>;

/** Database of a gateway's clients, sessions and usage, with resolved credentials. */
export type ClientStoreConfig = { type: "sqlite"; path: string } | {
  type: "postgres";
  url: string;
  /** Schema of this environment only. */
  schema: string;
  /** Files and server name for TLS. */
  tls?: NonNullable<Clients["tls"]>;
  credentials?: Record<string, string>;
  /** Re-reads the current credentials. */
  readCredentials?: CredentialsReader;
  /** How long known clients stay valid while the database is unavailable. */
  keptMs: number;
};

/** Options of {@linkcode clientStoreConfig}. */
interface ClientStoreOptions {
  /** Data folder, which contains the clients' file. */
  dataDir: string;
  /** Called when the keys were read or rejected. */
  onKeyAccess?: (environment: Environment, access: KeyAccess) => Promise<void>;
}

const KEPT_MS = parseDurationMs("10m");

/**
 * Returns the database of an environment's clients. Reads its keys, as only few programs need them.
 * Rejects like {@linkcode resolveKeys}.
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

async function postgresConfig(
  environment: Environment,
  clients: Clients,
  { onKeyAccess }: ClientStoreOptions,
): Promise<ClientStoreConfig & { type: "postgres" }> {
  const { name } = environment;
  const { type, url, tls, clients_kept: keptMs = KEPT_MS, credentials: references } = clients;
  const at = { type, url, schema: schemaOf(name), keptMs, ...(tls === undefined ? {} : { tls }) };
  if (references === undefined) return at;
  return { ...at, ...await openCredentials(environment, references, onKeyAccess) };
}

/** Location of an environment's audit log: the clients' database, or its own file. */
export type AuditLocationConfig = { type: "sqlite"; path: string } | {
  type: "postgres";
  /** Returns the database settings; reads its keys. */
  connect: () => Promise<ClientStoreConfig & { type: "postgres" }>;
  /** Local file for events while the database is unavailable. */
  waitingPath: string;
  /** Local file of the log before the environment moved to PostgreSQL. */
  previousPath: string;
};

/** Returns the location of an environment's audit log. */
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

/** Returns the path of an audit log file. */
export function auditStorePath(name: string, dataDir: string): string {
  return `${dataDir}/audit/${name}.sqlite`;
}

/** Returns the clients' file; undefined = they are in a shared database. */
export function clientStorePath(environment: Environment, dataDir: string): string | undefined {
  return environment.gateway.clients?.type === "postgres"
    ? undefined
    : sqlitePath(environment, dataDir);
}

function sqlitePath({ name, gateway: { clients } }: Environment, dataDir: string): string {
  return clients?.type === "sqlite" ? clients.path : `${dataDir}/clients/${name}.sqlite`;
}

/** Maximum length of a PostgreSQL identifier. */
const NAME_MAX = 63;

/** Returns the PostgreSQL schema of an environment, unique per environment. */
export function schemaOf(environment: string): string {
  const name = `ssmd_${environment}`;
  if (name.length <= NAME_MAX) return name;
  const hash = createHash("sha256").update(environment).digest("hex").slice(0, 16);
  return `${name.slice(0, NAME_MAX - hash.length - 1)}_${hash}`;
}
