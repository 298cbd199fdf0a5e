import { Buffer } from "node:buffer";
import type { KeyObject, X509Certificate } from "node:crypto";
import { certificatesOf, ConfigError, messageOf } from "@ssmd/runtime";
import { stringify } from "yaml";

/**
 * Where a sealed value can be decrypted: `strict` = one name in one namespace, `namespace-wide` =
 * any name in one namespace, `cluster-wide` = anywhere.
 */
type SealScope = "strict" | "namespace-wide" | "cluster-wide";

/** All scopes, narrowest first. */
export const SEAL_SCOPES: readonly SealScope[] = ["strict", "namespace-wide", "cluster-wide"];

/** The Kubernetes secret that a SealedSecret creates. */
export interface SealTarget {
  name: string;
  namespace: string;
  scope: SealScope;
}

/** Public key of the controller, from its certificate. */
export interface SealingKey {
  /** SHA-256 of the certificate, for people to compare. */
  fingerprint: string;
  /** Expiry of the certificate, ISO 8601. */
  expiresAt: string;
  /** Key for {@linkcode seal}. */
  publicKey: CryptoKey;
}

const PREFIX = "sealedsecrets.bitnami.com";
const RSA_BITS_MIN = 2048;
const SESSION_KEY_BYTES = 32;
const NONCE_BYTES = 12;
const UTF8 = new TextEncoder();

/**
 * Imports the key of the first certificate in a PEM text, as printed by `kubeseal --fetch-cert`.
 * Throws ConfigError `KEY_CERT_INVALID` when it is not a certificate of an RSA key of at least 2048
 * bits, `KEY_CERT_EXPIRED` when it is not valid at `nowMs`.
 */
export async function sealingKeyOf(pem: string, nowMs: number): Promise<SealingKey> {
  const certificate = certificateOf(pem);
  const key: KeyObject = certificate.publicKey;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== "rsa" || bits < RSA_BITS_MIN) {
    throw certificateError("its key is no RSA key of at least 2048 bits");
  }
  const [from, to] = [certificate.validFrom, certificate.validTo].map(Date.parse);
  if (from === undefined || to === undefined || nowMs < from || nowMs > to) {
    throw new ConfigError(
      "KEY_CERT_EXPIRED",
      `The certificate holds from ${certificate.validFrom} to ${certificate.validTo} only`,
      { hint: "Fetch the controller's current one: kubeseal --fetch-cert > sealing.pem" },
    );
  }
  const spki = Uint8Array.from(key.export({ type: "spki", format: "der" }) as Uint8Array);
  const algorithm = { name: "RSA-OAEP", hash: "SHA-256" };
  return {
    fingerprint: certificate.fingerprint256,
    expiresAt: new Date(to).toISOString(),
    publicKey: await crypto.subtle.importKey("spki", spki, algorithm, false, ["encrypt"]),
  };
}

function certificateOf(pem: string): X509Certificate {
  try {
    return certificatesOf(pem)[0];
  } catch (error) {
    throw certificateError(messageOf(error));
  }
}

function certificateError(why: string): ConfigError {
  return new ConfigError("KEY_CERT_INVALID", `That is no certificate of a controller: ${why}`, {
    hint: "Fetch it: kubeseal --fetch-cert > sealing.pem",
  });
}

/** Returns the label that binds the session key to name and namespace. */
function labelOf({ name, namespace, scope }: SealTarget): string {
  if (scope === "cluster-wide") return "";
  return scope === "namespace-wide" ? namespace : `${namespace}/${name}`;
}

/**
 * Seals a value like kubeseal: a fresh AES-256-GCM session key, encrypted with RSA-OAEP-SHA256
 * under the scope's label; its length in two bytes (big-endian), itself, the value's ciphertext and
 * tag; base64. https://github.com/bitnami-labs/sealed-secrets/blob/main/docs/developer/crypto.md
 */
export async function seal(value: string, key: SealingKey, target: SealTarget): Promise<string> {
  const sessionBytes = crypto.getRandomValues(new Uint8Array(SESSION_KEY_BYTES));
  const label = UTF8.encode(labelOf(target));
  const wrapped = new Uint8Array(
    await crypto.subtle.encrypt({ name: "RSA-OAEP", label }, key.publicKey, sessionBytes),
  );
  const session = await crypto.subtle.importKey("raw", sessionBytes, "AES-GCM", false, ["encrypt"]);
  sessionBytes.fill(0);
  // Each session key is used once, so a zero nonce is safe.
  const gcm = { name: "AES-GCM", iv: new Uint8Array(NONCE_BYTES) };
  const sealed = new Uint8Array(await crypto.subtle.encrypt(gcm, session, UTF8.encode(value)));
  const length = [wrapped.length >> 8, wrapped.length & 0xff];
  return Buffer.from([...length, ...wrapped, ...sealed]).toString("base64");
}

/** A SealedSecret manifest for `kubectl apply`. */
export interface SealedSecret {
  apiVersion: "bitnami.com/v1alpha1";
  kind: "SealedSecret";
  metadata: SecretMetadata;
  spec: {
    /** Field → sealed value. */
    encryptedData: Record<string, string>;
    template: { metadata: SecretMetadata; type: "Opaque" };
  };
}

/** Name, namespace and scope annotation. */
interface SecretMetadata {
  name: string;
  namespace: string;
  annotations?: Record<string, string>;
}

/** Returns the manifest of sealed values. */
export function sealedSecret(target: SealTarget, sealed: Record<string, string>): SealedSecret {
  const { name, namespace, scope } = target;
  const metadata: SecretMetadata = scope === "strict"
    ? { name, namespace }
    : { name, namespace, annotations: { [`${PREFIX}/${scope}`]: "true" } };
  return {
    apiVersion: "bitnami.com/v1alpha1",
    kind: "SealedSecret",
    metadata,
    spec: {
      encryptedData: sealed,
      template: { metadata: structuredClone(metadata), type: "Opaque" },
    },
  };
}

/** Formats a manifest as YAML; each sealed value is on one line. */
export function sealedSecretText(manifest: SealedSecret): string {
  return stringify(manifest, { lineWidth: 0 });
}

/** Returns the scope given by a manifest's annotations. */
export function scopeOf(metadata: SecretMetadata): SealScope {
  const isSet = (scope: SealScope) => metadata.annotations?.[`${PREFIX}/${scope}`] === "true";
  if (isSet("cluster-wide")) return "cluster-wide";
  return isSet("namespace-wide") ? "namespace-wide" : "strict";
}
