import { type JsonRecord, openJournal } from "@ssmd/journal";
import {
  clientStoreConfig,
  type Environment,
  type GatewaySpec,
  journalConfig,
  loadRbac,
  openCredentials,
} from "@ssmd/metadata";
import { ConfigError, isLoopback, type Logger } from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "../limits.ts";
import { type Authenticator, keylessAuthenticator } from "./authenticator.ts";
import { openApiKeyAuthenticator } from "./api_key_authenticator.ts";
import { Roles } from "./role.ts";

/** Journal topic of denied accesses. */
export const AUDIT_TOPIC = "audit.access";
/** Longest wait for another process that writes to the store, ms; streams wait with it. */
const STORE_BUSY_MS = 100;

/** Options of {@linkcode environmentAuthenticator}. */
interface EnvironmentAuthenticatorOptions {
  /** Interface that the gateway actually listens on. */
  host: string;
  /** Data folder, which contains the store of clients. */
  dataDir: string;
  logger: Logger;
  /** Called on each access to keys of the store. */
  onKeyAccess?: Parameters<typeof clientStoreConfig>[1]["onKeyAccess"];
  /** Registry folder, for the file of roles. */
  registryDir: string;
}

/**
 * Creates the authenticator of an environment. Throws ConfigError `GATEWAY_OPEN` when other
 * machines could connect without keys and the environment does not allow it, and the errors of the
 * file of roles, the journal and the store of clients.
 */
export async function environmentAuthenticator(
  environment: Environment,
  options: EnvironmentAuthenticatorOptions,
): Promise<Authenticator> {
  if (environment.gateway.auth === "required") {
    return await apiKeyAuthenticator(environment, options);
  }
  assertOpenIsIntended(environment, options.host);
  const { allowed_hosts: allowedHosts = [], allowed_origins: allowedOrigins = [] } =
    environment.gateway;
  return keylessAuthenticator({ host: options.host, allowedHosts, allowedOrigins });
}

async function apiKeyAuthenticator(
  environment: Environment,
  { dataDir, logger, registryDir, onKeyAccess }: EnvironmentAuthenticatorOptions,
): Promise<Authenticator> {
  const { oidc } = environment.gateway;
  const roles = new Roles(await loadRbac(registryDir, environment.name));
  const { openClientStore } = await import("./store/open.ts");
  const config = await clientStoreConfig(environment, {
    ...{ dataDir, ...(onKeyAccess === undefined ? {} : { onKeyAccess }) },
  });
  const store = await openClientStore(config, { busyMs: STORE_BUSY_MS });
  const stack = new AsyncDisposableStack();
  stack.defer(() => store.close());
  try {
    const journal = await openJournal(journalConfig(environment));
    stack.defer(() => journal.close());
    const audit = (record: JsonRecord) => journal.append(AUDIT_TOPIC, record);
    const { clientRequestsPerSecondMax: requestsPerSecondMax } = GATEWAY_LIMITS;
    const authenticator = await openApiKeyAuthenticator({
      store,
      audit,
      logger,
      ...{ roles, proxies: environment.gateway.client_certificates?.proxies ?? [] },
      ...(oidc === undefined ? {} : await openTokens(environment, oidc, { logger, onKeyAccess })),
      requestsPerSecondMax,
      // A local file: while it cannot be read, nobody can have changed it either.
      clientsKeptMs: config.type === "postgres" ? config.keptMs : Infinity,
    });
    logger.info("keys are asked for", { clients: store.where });
    return withClosing(authenticator, stack);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Loads the token code only when the environment accepts tokens. */
async function openTokens(
  environment: Environment,
  spec: NonNullable<GatewaySpec["oidc"]>,
  { logger, onKeyAccess }: Pick<EnvironmentAuthenticatorOptions, "logger" | "onKeyAccess">,
) {
  const { TokenCheck } = await import("./token_check.ts");
  const tokens = new TokenCheck(spec, { logger });
  if (spec.sign_in === undefined) return { tokens };
  const { IssuerSignIn } = await import("./issuer_sign_in.ts");
  const { credentials } = spec.sign_in;
  const opened = credentials && await openCredentials(environment, credentials, onKeyAccess);
  // Read at each sign-in, so that a rotated secret needs no restart.
  const clientSecret = opened &&
    (async () => (await opened.readCredentials())["client_secret"] ?? "");
  const issuerSignIn = new IssuerSignIn(spec, spec.sign_in, { tokens, logger, clientSecret });
  return { tokens, issuerSignIn };
}

/** Adds closing the store and the journal to the authenticator's `close`. */
function withClosing(authenticator: Authenticator, stack: AsyncDisposableStack): Authenticator {
  stack.defer(() => authenticator.close());
  return {
    mode: authenticator.mode,
    get storeProblem() {
      return authenticator.storeProblem;
    },
    get isStoreLost() {
      return authenticator.isStoreLost === true;
    },
    meterFeeds: authenticator.meterFeeds,
    authenticate: (caller, wanted) => authenticator.authenticate(caller, wanted),
    openSession: (session, caller) => authenticator.openSession(session, caller),
    newTicket: (access) => authenticator.newTicket(access),
    signIn: (access) => authenticator.signIn(access),
    issuerSignIn: authenticator.issuerSignIn,
    counts: authenticator.counts,
    signOut: (token) => authenticator.signOut(token),
    close: () => stack.disposeAsync(),
  };
}

function assertOpenIsIntended({ name, gateway }: Environment, host: string): void {
  if (isLoopback(host) || gateway.open_to_network === true) return;
  throw new ConfigError(
    "GATEWAY_OPEN",
    `Environment ${name} asks for no keys, and ${host} is reached by others than this machine`,
    {
      hint: "Set gateway.auth to required, or gateway.open_to_network to true if everyone may read",
      context: { environment: name, host },
    },
  );
}
