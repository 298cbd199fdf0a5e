import {
  ClientAdmin,
  type ClientStore,
  memoryClientStore,
  openClientStore,
} from "@ssmd/gateway/access";
import { clientStoreConfig, dataDirOf, type Environment, loadEnvironment } from "@ssmd/metadata";
import { keyAudit } from "@ssmd/service";
import { pathExists } from "@ssmd/runtime";
import { notice, type SsmdContext } from "../context.ts";
import { registryDirOf } from "../registry_dir.ts";
import { clientView } from "./views.ts";

/** Environment, client store and admin that a command works with. */
export interface ClientContext {
  environment: Environment;
  store: ClientStore;
  admin: ClientAdmin;
}

/** Environment and data folder of a client store. */
export interface ClientLocation {
  env: string;
  /** Data folder; absent = the environment's. */
  data?: string;
}

/** Details of the audit event; names only, never a secret. */
interface ClientAction {
  action: string;
  client?: string;
  /** Key id. */
  key?: string;
}

/** Reads clients of an environment. Throws ConfigError and the store's errors. */
export async function readClients<T>(
  context: SsmdContext,
  flags: ClientLocation,
  body: (clients: ClientContext) => Promise<T>,
): Promise<T> {
  return await within(await openContext(context, flags, false), body);
}

async function within<T>(
  clients: ClientContext,
  body: (clients: ClientContext) => Promise<T>,
): Promise<T> {
  try {
    return await body(clients);
  } finally {
    await clients.store.close();
  }
}

/** Changes clients of an environment; `action` and what `body` adds to it go into the audit event. */
export async function changeClients<T>(
  context: SsmdContext,
  flags: ClientLocation,
  { action, body }: {
    action: ClientAction;
    body: (clients: ClientContext, done: ClientAction) => Promise<T>;
  },
): Promise<T> {
  return await within(await openContext(context, flags, true), async (clients) => {
    // `body` adds what it learns, such as the id of a new key.
    const done = { ...action };
    try {
      return await body(clients, done);
    } finally {
      const { action: _, ...details } = done;
      Object.assign(context.auditDetails ?? {}, details);
    }
  });
}

/** Enables or disables a client. */
export async function setEnabled(
  context: SsmdContext,
  { client, ...location }: ClientLocation & { client: string },
  enabled: boolean,
): Promise<ReturnType<typeof clientView>> {
  const action = { action: enabled ? "enable" : "disable", client };
  return await changeClients(context, location, {
    action,
    body: async ({ admin }) => {
      const account = await admin.update(client, { enabled });
      return clientView(account, await admin.accounts());
    },
  });
}

async function openContext(
  context: SsmdContext,
  { env, data }: ClientLocation,
  create: boolean,
): Promise<ClientContext> {
  const environment = await loadEnvironment(await registryDirOf(context.globals), env);
  const onKeyAccess = keyAudit("cli");
  const config = await clientStoreConfig(environment, {
    ...{ dataDir: dataDirOf(environment, data), onKeyAccess },
  });
  // A read-only command must not create the store's file.
  const there = create || config.type === "postgres" ||
    await pathExists(config.path);
  const store = there ? await openClientStore(config) : memoryClientStore();
  if (environment.gateway.auth !== "required") {
    notice(
      context,
      `environment ${env} does not ask for keys yet: set auth: required under gateway`,
    );
  }
  return { environment, store, admin: new ClientAdmin(store) };
}
