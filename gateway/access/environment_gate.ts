import { type JsonRecord, openJournal } from "@ssmd/journal";
import { clientStorePath, type Environment } from "@ssmd/metadata";
import { ConfigError, isLoopback, type Logger } from "@ssmd/runtime";
import { GATEWAY_LIMITS } from "../limits.ts";
import { type Gate, openGate } from "./gate.ts";
import { keyGate } from "./key_gate.ts";

/** Where refusals go in the journal. */
export const AUDIT_TOPIC = "audit.access";
/** Longest wait for another process that writes to the store: the stream waits with it. */
const STORE_BUSY_MS = 100;

/** What a gate of an environment needs besides its file. */
export interface EnvironmentGateOptions {
  /** The interface that is really listened on. */
  host: string;
  /** Folder of the spools, beside which clients are kept. */
  dataDir: string;
  logger: Logger;
}

/**
 * The gate that an environment wants. Throws ConfigError `GATEWAY_OPEN` where others than this
 * machine would get in without keys and nobody said that they should, and what the journal and the
 * store of clients throw.
 */
export async function environmentGate(
  environment: Environment,
  options: EnvironmentGateOptions,
): Promise<Gate> {
  if (environment.gateway.auth === "required") return await requiredGate(environment, options);
  assertMeantOpen(environment, options.host);
  const { allowed_hosts: allowedHosts = [], allowed_origins: allowedOrigins = [] } =
    environment.gateway;
  return openGate({ host: options.host, allowedHosts, allowedOrigins });
}

async function requiredGate(
  environment: Environment,
  { dataDir, logger }: EnvironmentGateOptions,
): Promise<Gate> {
  const { sqliteClientStore } = await import("./store/sqlite.ts");
  const path = clientStorePath(environment, dataDir);
  const store = sqliteClientStore(path, { busyMs: STORE_BUSY_MS });
  const stack = new AsyncDisposableStack();
  stack.defer(() => store.close());
  try {
    const journal = await openJournal(environment.journal);
    stack.defer(() => journal.close());
    const audit = (record: JsonRecord) => journal.append(AUDIT_TOPIC, record);
    const { clientRequestsPerSecondMax: requestsPerSecondMax } = GATEWAY_LIMITS;
    const gate = await keyGate({ store, audit, logger, requestsPerSecondMax });
    logger.info("keys are asked for", { clients: path });
    return withClosing(gate, stack);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/** Once the gate has written down what it knows, what it wrote to is closed. */
function withClosing(gate: Gate, stack: AsyncDisposableStack): Gate {
  stack.defer(() => gate.close());
  return {
    mode: gate.mode,
    meterFeeds: gate.meterFeeds,
    admit: (caller, wanted) => gate.admit(caller, wanted),
    enter: (guest, caller) => gate.enter(guest, caller),
    newTicket: (access) => gate.newTicket(access),
    signIn: (access) => gate.signIn(access),
    signOut: (token) => gate.signOut(token),
    close: () => stack.disposeAsync(),
  };
}

function assertMeantOpen({ name, gateway }: Environment, host: string): void {
  if (isLoopback(host) || gateway.open_to_network === true) return;
  throw new ConfigError(
    "GATEWAY_OPEN",
    `environment ${name} asks for no keys, and ${host} is reached by others than this machine`,
    {
      hint: "set gateway.auth to required, or gateway.open_to_network to true if everyone may read",
      context: { environment: name, host },
    },
  );
}
