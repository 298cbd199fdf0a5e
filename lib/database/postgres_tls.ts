import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import {
  assertPair,
  certificatesOf,
  ConfigError,
  messageOf,
  type SsmdError,
  StorageError,
} from "@ssmd/runtime";

/** TLS to a database: files (PEM) and the name that its certificate must have. */
export interface PostgresTls {
  /** CA of the server's certificate; absent = the system's. */
  ca?: string;
  /** Our own certificate; absent = none is shown. */
  cert?: string;
  /** Its private key. */
  key?: string;
  /** Absent = the host of the address. */
  server_name?: string;
}

/**
 * Reads the TLS options of a connection, which verify the server's certificate and name; undefined
 * = as the address says, without verification. Throws ConfigError `TLS_FILES_UNUSABLE`.
 */
export async function tlsOptions(
  { url, tls }: { url: string; tls?: PostgresTls | undefined },
): Promise<object | undefined> {
  const { hostname, searchParams } = new URL(url);
  if (tls === undefined && searchParams.get("sslmode") !== "verify-full") return undefined;
  const name = tls?.server_name ?? hostname.replace(/^\[|\]$/g, "");
  return {
    ...(isIP(name) === 0 ? { servername: name } : {}),
    // The library checks an address that is a number for the name "localhost".
    checkServerIdentity: (_: string, shown: PeerCertificate) => checkServerIdentity(name, shown),
    ...(tls === undefined ? {} : await textsOf(tls)),
  };
}

async function textsOf({ ca, cert, key }: PostgresTls): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [field, path] of Object.entries({ ca, cert, key })) {
    if (path !== undefined) {
      texts[field] = await usable(field, () => Deno.readTextFile(path));
    }
  }
  const { ca: authority, cert: own, key: secret } = texts;
  // The library ignores files that are no PEM.
  if (authority !== undefined) await usable("ca", () => certificatesOf(authority));
  if (own !== undefined) await usable("cert", () => certificatesOf(own));
  if (own !== undefined && secret !== undefined) await usable("key", () => assertPair(own, secret));
  return texts;
}

async function usable<T>(field: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const sentence = `gateway.clients.tls.${field} cannot be used: ${messageOf(cause)}`;
    throw new ConfigError("TLS_FILES_UNUSABLE", sentence, {
      cause,
      hint: "Check the files that gateway.clients.tls of the environment names",
    });
  }
}

/** Codes of a certificate that is not trusted, as the TLS library names them. */
const UNTRUSTED = /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|INVALID_CA|INVALID_PURPOSE)/;
/** SQLSTATE class: invalid authorization. */
const UNAUTHORIZED = /^28...$/;

/**
 * Returns the error of a connection that one of both sides refused: an untrusted certificate or
 * name, a missing client certificate, wrong credentials; undefined for other failures.
 */
export function refusalOf(cause: unknown, where: string): SsmdError | undefined {
  const code = String((cause as { code?: unknown } | undefined)?.code ?? "");
  const why = messageOf(cause);
  const found = reasonOf(code, why);
  if (found === undefined) return undefined;
  const { sentence, hint } = found;
  return new StorageError("DATABASE_REFUSED", `${where} ${sentence}: ${why}`, {
    ...{ cause, hint, context: { where } },
  });
}

function reasonOf(code: string, why: string): { sentence: string; hint: string } | undefined {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return {
      sentence: "shows the certificate of another host",
      hint: "Name it as the certificate does, in the address or gateway.clients.tls.server_name",
    };
  }
  if (UNTRUSTED.test(code)) {
    return {
      sentence: "shows a certificate that is not trusted",
      hint: "gateway.clients.tls.ca names the file of its CA; absent = the system's CAs",
    };
  }
  if (/^ERR_SSL_.*ALERT/.test(code)) {
    return {
      sentence: "does not trust our certificate",
      hint: "gateway.clients.tls.cert must be of the CA that the server has as ssl_ca_file",
    };
  }
  if (!UNAUTHORIZED.test(code)) return undefined;
  return {
    sentence: "refuses this connection",
    hint: /certificate/i.test(why)
      ? "gateway.clients.tls.cert and key name the files of the certificate to show"
      : "Check gateway.clients.credentials, and pg_hba.conf of the server",
  };
}
