import {
  ClientAdmin,
  type ClientStore,
  memoryClientStore,
  openClientStore,
} from "@ssmd/gateway/access";
import { clientStoreConfig, dataDirOf, type Environment, loadEnvironment } from "@ssmd/metadata";
import { keyAudit } from "@ssmd/service";
import { notice, type SsmdContext } from "../context.ts";
import { registryDirOf } from "../registry_dir.ts";
import { clientView } from "./views.ts";

/** The clients of an environment, as a command works on them. */
export interface ClientContext {
  environment: Environment;
  store: ClientStore;
  admin: ClientAdmin;
}

/** Where the clients of an environment are. */
export interface ClientLocation {
  env: string;
  /** Folder of the data; absent = the environment's. */
  data?: string;
}

/** What is done with clients, for the audit log; names only, never a secret. */
interface ClientAction {
  action: string;
  client?: string;
  /** Id of a key. */
  key?: string;
}

/** Reads of the clients of an environment. Throws ConfigError, and what the store throws. */
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

/** Changes the clients of an environment; what it is done to goes into the event of the command. */
export async function changeClients<T>(
  context: SsmdContext,
  flags: ClientLocation,
  { action, body }: {
    action: ClientAction;
    body: (clients: ClientContext, done: ClientAction) => Promise<T>;
  },
): Promise<T> {
  return await within(await openContext(context, flags, true), async (clients) => {
    // What is found out on the way (the id of a new key) is written into it.
    const done = { ...action };
    try {
      return await body(clients, done);
    } finally {
      const { action: _, ...details } = done;
      Object.assign(context.auditDetails ?? {}, details);
    }
  });
}

/** Lets a client in, or keeps it out. */
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
  // Who only looks leaves no file behind where there is none.
  const there = create || config.type === "postgres" ||
    await Deno.stat(config.path).then(() => true, () => false);
  const store = there ? await openClientStore(config) : memoryClientStore();
  if (environment.gateway.auth !== "required") {
    notice(
      context,
      `environment ${env} does not ask for keys yet: set auth: required under gateway`,
    );
  }
  return { environment, store, admin: new ClientAdmin(store) };
}
