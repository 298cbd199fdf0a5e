import { ConfigError, messageOf, SsmdError } from "@ssmd/runtime";
import type { TemporalQueue } from "./temporal_queue.ts";

/** Connection options of both Temporal clients, the JavaScript and the native one. */
export interface TemporalAddress {
  address: string;
  tls?: {
    serverNameOverride?: string;
    serverRootCACertificate?: Uint8Array;
    clientCertPair?: { crt: Uint8Array; key: Uint8Array };
  };
  apiKey?: string;
}

/** Reads a queue's files and keys. Throws ConfigError `TLS_FILES_UNUSABLE`. */
export async function temporalAddress(
  { address, tls, readCredentials }: TemporalQueue,
): Promise<TemporalAddress> {
  if (tls === undefined) return { address };
  const { ca, cert, key, server_name: name } = tls;
  const apiKey = (await readCredentials?.())?.["api_key"];
  return {
    address,
    tls: {
      ...(name === undefined ? {} : { serverNameOverride: name }),
      ...(ca === undefined ? {} : { serverRootCACertificate: await bytesOf(ca) }),
      ...(cert === undefined || key === undefined
        ? {}
        : { clientCertPair: { crt: await bytesOf(cert), key: await bytesOf(key) } }),
    },
    ...(apiKey === undefined ? {} : { apiKey }),
  };
}

/** Returns the error for a server that is unreachable or refuses access. */
export function unreachable({ address }: TemporalQueue, cause: unknown): SsmdError {
  return new SsmdError("TEMPORAL_UNREACHABLE", `Temporal on ${address} cannot be reached`, {
    ...{ cause, context: { why: messageOf(cause) }, retryable: true },
    hint:
      "Check scheduler.address and scheduler.tls of the environment, and whether the server runs",
  });
}

async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    throw new ConfigError("TLS_FILES_UNUSABLE", `"${path}" cannot be read: ${messageOf(cause)}`, {
      cause,
      hint: "scheduler.tls of the environment names it",
    });
  }
}
