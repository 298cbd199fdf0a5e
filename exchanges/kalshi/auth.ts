import { messageOf, VenueError } from "@ssmd/runtime";
import type { Credentials, Handshake } from "../adapter.ts";

const HEADER_KEY = "KALSHI-ACCESS-KEY";
const HEADER_TIMESTAMP = "KALSHI-ACCESS-TIMESTAMP";
const HEADER_SIGNATURE = "KALSHI-ACCESS-SIGNATURE";

const RSA_IMPORT = { name: "RSA-PSS", hash: "SHA-256" } as const;
/** Salt length = digest length. */
const RSA_SIGN = { name: "RSA-PSS", saltLength: 32 } as const;
const ED25519 = "Ed25519";

/** AlgorithmIdentifier of rsaEncryption with NULL parameters. */
const RSA_ALGORITHM = [0x30, 13, 6, 9, 42, 134, 72, 134, 247, 13, 1, 1, 1, 5, 0];
/** OBJECT IDENTIFIER 1.3.101.112 */
const ED25519_OID = [6, 3, 43, 101, 112];

/**
 * Returns the address and the signed headers of the WebSocket upgrade. The signature covers time,
 * method and path without query, and expires: create one per attempt.
 * @throws {VenueError} `VENUE_CREDENTIALS_MISSING`, `VENUE_KEY_UNREADABLE`
 */
export async function signedHandshake(
  endpoint: string,
  credentials: Credentials,
  nowMs: number,
): Promise<Handshake> {
  const { key_id: keyId = "", private_key: pem = "" } = credentials;
  const missing = [keyId.trim() === "" && "key_id", pem.trim() === "" && "private_key"]
    .filter((name) => name !== false);
  if (missing.length > 0) {
    throw new VenueError("VENUE_CREDENTIALS_MISSING", `Kalshi needs ${missing.join(" and ")}`, {
      hint: "Make an API key in Kalshi's account settings and give both fields in the " +
        "environment's keys; demo and production keys differ",
    });
  }
  const key = await importPrivateKey(pem);
  const timestamp = String(Math.floor(nowMs));
  const text = new TextEncoder().encode(`${timestamp}GET${new URL(endpoint).pathname}`);
  const signature = await crypto.subtle.sign(algorithmOf(key), key, text);
  return {
    url: endpoint,
    headers: {
      [HEADER_KEY]: keyId.trim(),
      [HEADER_TIMESTAMP]: timestamp,
      [HEADER_SIGNATURE]: btoa(String.fromCharCode(...new Uint8Array(signature))),
    },
  };
}

function algorithmOf(key: CryptoKey): typeof RSA_SIGN | typeof ED25519 {
  return key.algorithm.name === ED25519 ? ED25519 : RSA_SIGN;
}

async function importPrivateKey(pem: string): Promise<CryptoKey> {
  const label = labelOf(pem);
  if (label === "ENCRYPTED PRIVATE KEY" || pem.includes("ENCRYPTED")) {
    throw unreadable("is encrypted", "Decrypt it: openssl pkey -in key.pem -out plain.pem");
  }
  if (label.includes("PUBLIC")) {
    throw unreadable("is the public half", "Give the private key that was shown once when made");
  }
  const der = pkcs8Of(bytesOfPem(pem));
  const kind = includes(der, ED25519_OID) ? ED25519 : RSA_IMPORT;
  try {
    return await crypto.subtle.importKey("pkcs8", der, kind, false, ["sign"]);
  } catch (cause) {
    throw unreadable(
      `is no RSA or Ed25519 key (${messageOf(cause)})`,
      "Give the PEM file as Kalshi made it, with its BEGIN and END lines",
    );
  }
}

function labelOf(pem: string): string {
  return /-----BEGIN ([A-Z0-9 ]+)-----/.exec(pem)?.[1] ?? "";
}

/** Bytes between the BEGIN and END lines; line breaks may be `\n` escapes, as in variables. */
function bytesOfPem(pem: string): Uint8Array<ArrayBuffer> {
  const body = /-----BEGIN [A-Z0-9 ]+-----([^-]*)-----END/.exec(pem.replaceAll("\\n", "\n"))?.[1];
  const bytes = bytesOfBase64((body ?? "").replaceAll(/\s/g, ""));
  if (bytes === undefined || bytes.length === 0) {
    throw unreadable("is no PEM text", "Give the file's text, with its BEGIN and END lines");
  }
  return bytes;
}

function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/**
 * A private key as PKCS#8, whatever the PEM's label: after the version, PKCS#8 has the algorithm (a
 * sequence) and PKCS#1 the modulus (an integer), which WebCrypto cannot read.
 */
function pkcs8Of(der: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const content = contentOf(der);
  const isPkcs1 = der[content] === 2 && der[content + 1] === 1 && der[content + 3] === 2;
  if (!isPkcs1) return der;
  const version = [2, 1, 0];
  return tagged(0x30, [...version, ...RSA_ALGORITHM, ...tagged(4, der)]);
}

/** Offset of the outermost element's content. */
function contentOf(der: Uint8Array): number {
  const length = der[1] ?? 0;
  return length < 128 ? 2 : 2 + (length & 127);
}

function tagged(tag: number, content: Iterable<number>): Uint8Array<ArrayBuffer> {
  const bytes = [...content];
  const size = bytes.length;
  const length = size < 128 ? [size] : size < 256 ? [129, size] : [130, size >>> 8, size & 255];
  return Uint8Array.from([tag, ...length, ...bytes]);
}

function includes(bytes: Uint8Array, part: readonly number[]): boolean {
  // The algorithm is at the front; further back the same bytes may be part of the key.
  const end = Math.min(bytes.length - part.length, 24);
  for (let at = 0; at <= end; at++) {
    if (part.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}

function unreadable(what: string, hint: string): VenueError {
  return new VenueError("VENUE_KEY_UNREADABLE", `Kalshi's key ${what}`, { hint });
}
