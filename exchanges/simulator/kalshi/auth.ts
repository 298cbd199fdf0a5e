import { Buffer } from "node:buffer";
import { VenueError } from "@ssmd/runtime";

/** Path of the WebSocket, which is signed. */
export const KALSHI_PATH = "/trade-api/ws/v2";
/** Age above which a signature is refused. */
const SIGNATURE_AGE_MS_MAX = 5 * 60 * 1000;

/** A key pair for demos and tests. */
interface DemoKey {
  /** For the header KALSHI-ACCESS-KEY. */
  keyId: string;
  /** PKCS#8 */
  privateKeyPem: string;
  /** SubjectPublicKeyInfo */
  publicKeyPem: string;
}

function pem(label: string, bytes: ArrayBuffer): string {
  const lines = Buffer.from(bytes).toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function bytesOfPem(text: string): Uint8Array<ArrayBuffer> {
  const body = /-----BEGIN PUBLIC KEY-----([\s\S]+?)-----END PUBLIC KEY-----/.exec(text)?.[1];
  if (body === undefined) {
    throw new VenueError("KEY_UNREADABLE", "The key for the handshake is no public key in PEM", {
      hint: "Give a file that begins with -----BEGIN PUBLIC KEY-----",
    });
  }
  return new Uint8Array(Buffer.from(body.replace(/\s+/g, ""), "base64"));
}

const RSA_PSS = { name: "RSA-PSS", hash: "SHA-256" } as const;

const KEY_ALGORITHMS = {
  "RSA": { ...RSA_PSS, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) },
  "Ed25519": { name: "Ed25519" },
} as const;

type KeyKind = keyof typeof KEY_ALGORITHMS;

async function makeDemoKey(kind: KeyKind): Promise<DemoKey> {
  const made = await crypto.subtle.generateKey(KEY_ALGORITHMS[kind], true, ["sign", "verify"]);
  const pair = made as CryptoKeyPair;
  return {
    keyId: crypto.randomUUID(),
    privateKeyPem: pem("PRIVATE KEY", await crypto.subtle.exportKey("pkcs8", pair.privateKey)),
    publicKeyPem: pem("PUBLIC KEY", await crypto.subtle.exportKey("spki", pair.publicKey)),
  };
}

const demoKeys: Partial<Record<KeyKind, Promise<DemoKey>>> = {};

/**
 * Returns the process's demo key pair of a kind, generated on the first call. RSA is what most
 * clients sign with, and what simulators without a configured key accept; it takes 50 to 400 ms of
 * CPU to generate, Ed25519 less than 1.
 */
export function demoKey(kind: KeyKind = "RSA"): Promise<DemoKey> {
  return demoKeys[kind] ??= makeDemoKey(kind);
}

/** Verifies the signed headers of a handshake. */
export class SignatureCheck {
  #key: CryptoKey;
  #algorithm: RsaPssParams | "Ed25519";

  private constructor(key: CryptoKey, algorithm: RsaPssParams | "Ed25519") {
    this.#key = key;
    this.#algorithm = algorithm;
  }

  /** Creates a check for an RSA or Ed25519 public key in PEM. Throws VenueError `KEY_UNREADABLE`. */
  static async of(publicKeyPem: string): Promise<SignatureCheck> {
    const bytes = bytesOfPem(publicKeyPem);
    try {
      const key = await crypto.subtle.importKey("spki", bytes, RSA_PSS, false, ["verify"]);
      return new SignatureCheck(key, { name: "RSA-PSS", saltLength: 32 });
    } catch {
      // Not RSA: try Ed25519.
    }
    try {
      const key = await crypto.subtle.importKey("spki", bytes, "Ed25519", false, ["verify"]);
      return new SignatureCheck(key, "Ed25519");
    } catch (cause) {
      throw new VenueError("KEY_UNREADABLE", "The public key is neither RSA nor Ed25519", {
        cause,
        hint: "Kalshi takes RSA (2048 bits or more) and Ed25519 keys",
      });
    }
  }

  /** Reason for refusing the handshake; undefined = valid. `nowMs` since 1970. */
  async refusal(
    headers: Record<string, unknown>,
    { path, nowMs, method = "GET" }: { path: string; nowMs: number; method?: string | undefined },
  ): Promise<string | undefined> {
    const keyId = headers["kalshi-access-key"];
    const timestamp = headers["kalshi-access-timestamp"];
    const signature = headers["kalshi-access-signature"];
    if (typeof keyId !== "string" || keyId === "") return "KALSHI-ACCESS-KEY header is missing";
    if (typeof timestamp !== "string" || !/^\d{13}$/.test(timestamp)) {
      return "KALSHI-ACCESS-TIMESTAMP header is missing or not in milliseconds";
    }
    if (typeof signature !== "string") return "KALSHI-ACCESS-SIGNATURE header is missing";
    if (Math.abs(nowMs - Number(timestamp)) > SIGNATURE_AGE_MS_MAX) {
      return "KALSHI-ACCESS-TIMESTAMP is too old or in the future";
    }
    const text = new TextEncoder().encode(`${timestamp}${method}${path}`);
    const bytes = new Uint8Array(Buffer.from(signature, "base64"));
    try {
      if (await crypto.subtle.verify(this.#algorithm, this.#key, bytes, text)) return undefined;
    } catch {
      // A signature of the wrong length throws in some versions: no match either.
    }
    return "KALSHI-ACCESS-SIGNATURE does not match";
  }
}
