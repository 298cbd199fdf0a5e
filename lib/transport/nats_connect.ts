import {
  messageOf,
  refusalHint,
  refusalIn,
  type SsmdErrorOptions,
  TransportError,
} from "@ssmd/runtime";
import { type ConnectionOptions, errors, type NatsConnection } from "@nats-io/nats-core";
import { JetStreamApiError, type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { NatsConnectionImpl, setTransportFactory } from "@nats-io/nats-core/internal";
import { DenoSocket, type DialOptions } from "./deno_socket.ts";
import { type NatsCredentials, NatsIdentity } from "./nats_identity.ts";

export type { NatsCredentials };

/** Servers and credentials of the bus. */
export interface NatsEndpoint {
  /** `nats://host:port`, one or several of a cluster. */
  servers: readonly string[];
  /** Default: none. */
  credentials?: NatsCredentials | undefined;
  /** Re-reads the credentials before each connection; absent = they do not change. */
  readCredentials?: (() => Promise<NatsCredentials>) | undefined;
  /** Replaces both; shared by connections, so that a rotation reaches all of them. */
  identity?: NatsIdentity;
}

const CONNECT_MS_MAX = 5_000;
const RECONNECT_WAIT_MS = 250;
const RECONNECT_JITTER_MS = 100;
const PING_EVERY_MS = 10_000;
const MAJOR_MIN = 2;
const MINOR_MIN = 10;

/**
 * Opens one connection. With `reconnect` it reconnects without limit; without, it ends when the
 * server goes. Throws a TransportError `TRANSPORT_UNAVAILABLE`, `TRANSPORT_UNAUTHORIZED` or
 * `SERVER_TOO_OLD`.
 */
export async function connectNats(
  endpoint: NatsEndpoint,
  name: string,
  reconnect: boolean,
): Promise<NatsConnection> {
  const options: ConnectionOptions = {
    servers: [...endpoint.servers],
    name,
    reconnect,
    timeout: CONNECT_MS_MAX,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_WAIT_MS,
    reconnectJitter: RECONNECT_JITTER_MS,
    ignoreAuthErrorAbort: true,
    pingInterval: PING_EVERY_MS,
  };
  const identity = endpoint.identity ?? new NatsIdentity(endpoint);
  const { authenticator } = identity;
  if (authenticator !== undefined) options.authenticator = authenticator;
  let connection: NatsConnection;
  try {
    // The factory is global in the client library, so each dial's hook is passed in its options.
    setTransportFactory({ factory: () => new DenoSocket() });
    Object.assign(options, { beforeDial: () => identity.refresh() } satisfies DialOptions);
    connection = await NatsConnectionImpl.connect(options);
  } catch (error) {
    throw connectError(error, endpoint.servers);
  }
  // Restores servers that did not answer and were removed from the list.
  const gossiped = connection.getServers().filter((server) => server.gossiped);
  connection.setServers([...endpoint.servers, ...gossiped.map(({ listen }) => listen)]);
  const version = connection.info?.version;
  if (version === undefined) {
    await connection.close();
    throw connectError("the connection ended at once", endpoint.servers);
  }
  if (!isNewEnough(version)) {
    await connection.close();
    throw new TransportError("SERVER_TOO_OLD", `The nats-server is version ${version}`, {
      context: { version, servers: endpoint.servers },
      hint: `ssmd needs nats-server ${MAJOR_MIN}.${MINOR_MIN} or newer`,
    });
  }
  return connection;
}

/**
 * Returns the JetStream manager of a connection. Throws a TransportError `JETSTREAM_DISABLED` when
 * the server runs without it.
 */
export async function managerOf(connection: NatsConnection): Promise<JetStreamManager> {
  try {
    return await jetstreamManager(connection);
  } catch (error) {
    throw jetStreamError(error);
  }
}

/** Converts an error of a JetStream call: `JETSTREAM_DISABLED`, `TRANSPORT_UNAUTHORIZED`, … */
export function jetStreamError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  if (error instanceof Error && error.name === "JetStreamNotEnabled" || isDisabled(error)) {
    return new TransportError("JETSTREAM_DISABLED", "The nats-server runs without JetStream", {
      cause: error,
      hint: "Start it with JetStream: nats-server -js -sd <folder>",
    });
  }
  if (error instanceof errors.PermissionViolationError) return unauthorized(error);
  const context = error instanceof JetStreamApiError ? { apiCode: error.code } : {};
  return serverRefused(messageOf(error), { cause: error, context });
}

/** Returns `TRANSPORT_FAILED`: the server refused a request, for the reason that it gave. */
export function serverRefused(
  reason: string,
  more: Pick<SsmdErrorOptions, "cause" | "context">,
): TransportError {
  return new TransportError("TRANSPORT_FAILED", `The nats-server refused: ${reason}`, {
    ...more,
    hint: "The log of the nats-server says more",
    retryable: true,
  });
}

function isDisabled(error: unknown): boolean {
  // Without JetStream its API has no responder.
  return error instanceof errors.RequestError && error.isNoResponders() ||
    error instanceof errors.NoRespondersError;
}

/** Converts the error of a failed connection attempt. */
export function connectError(error: unknown, servers: readonly string[]): TransportError {
  if (error instanceof errors.AuthorizationError) return unauthorized(error, servers);
  if (error instanceof errors.UserAuthenticationExpiredError) return unauthorized(error, servers);
  const refusal = refusalIn(error);
  if (refusal !== undefined) {
    const sentence = `This process may not reach the nats-server at ${servers.join(", ")}.`;
    return new TransportError("TRANSPORT_NOT_ALLOWED", sentence, {
      cause: error,
      context: { servers },
      hint: `${refusalHint(refusal)}`,
    });
  }
  return new TransportError(
    "TRANSPORT_UNAVAILABLE",
    `No nats-server answers at ${servers.join(", ")}: ${messageOf(error)}`,
    {
      cause: error,
      context: { servers },
      hint: "Start one with: nats-server -js, or check the url",
      retryable: true,
    },
  );
}

function unauthorized(error: Error, servers: readonly string[] = []): TransportError {
  return new TransportError(
    "TRANSPORT_UNAUTHORIZED",
    `The nats-server does not let us in: ${error.message}`,
    {
      cause: error,
      context: { servers },
      hint: "Check the transport's credentials and what they are allowed to do",
    },
  );
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > MAJOR_MIN || (major === MAJOR_MIN && minor >= MINOR_MIN);
}
