import { createPrivateKey, type KeyObject, type X509Certificate } from "node:crypto";
import { certificatesOf } from "@ssmd/runtime";
import type { KeySpec } from "./environment.ts";

/** Minimum RSA key size accepted by venues and TLS, bits. */
const RSA_BITS_MIN = 2048;
/** Maximum value length; Kubernetes limits a secret to 1 MiB in total. */
const VALUE_CHARS_MAX = 64 * 1024;
/** Minimum length of a non-PEM secret, bytes before base64. */
const SECRET_BYTES_MIN = 16;
const PLACEHOLDER = /^(…|\.{3}|x{3,}|changeme|change-me|todo|secret|password|<.*>)$/i;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const CONTROL = /[\x00-\x1f\x7f]/;

/** A problem with a field's value; the message never repeats any of it. */
interface ShapeFinding {
  field: string;
  message: string;
}

/** Checks the values of a key: valid PEM, key type and size, no placeholders or stray whitespace. */
export function shapeFindings(spec: KeySpec, values: ReadonlyMap<string, string>): ShapeFinding[] {
  const findings: ShapeFinding[] = [];
  for (const [field, value] of values) {
    const message = fieldFinding(spec, field, value);
    if (message !== undefined) findings.push({ field, message });
  }
  const pair = findings.length === 0 ? pairFinding(values) : undefined;
  return pair === undefined ? findings : [...findings, pair];
}

function fieldFinding(spec: KeySpec, field: string, value: string): string | undefined {
  if (value.length > VALUE_CHARS_MAX) return `is longer than ${VALUE_CHARS_MAX} characters`;
  if (PLACEHOLDER.test(value.trim())) return "is a placeholder, not a value";
  if (value.includes("-----BEGIN")) return pemFinding(value);
  if (value.trim() !== value) return "has blanks or line breaks around it";
  if (CONTROL.test(value)) return "has line breaks or control characters in it";
  if (spec.type === "tls") return "is no PEM text (-----BEGIN …)";
  return field === "private_key" ? rawSecretFinding(value) : undefined;
}

function rawSecretFinding(value: string): string | undefined {
  if (!BASE64.test(value)) return "is neither PEM (-----BEGIN …) nor base64";
  return value.replace(/=+$/, "").length * 3 / 4 < SECRET_BYTES_MIN
    ? `is shorter than ${SECRET_BYTES_MIN} bytes`
    : undefined;
}

function pemFinding(value: string): string | undefined {
  if (!value.startsWith("-----BEGIN")) return "has something before -----BEGIN";
  if (!/-----END [A-Z0-9 ]+-----\s*$/.test(value)) return "does not end with -----END …-----";
  const label = /^-----BEGIN ([A-Z0-9 ]+)-----/.exec(value)?.[1] ?? "";
  if (label === "CERTIFICATE") return certificateFinding(value);
  if (label === "ENCRYPTED PRIVATE KEY" || value.includes("Proc-Type: 4,ENCRYPTED")) {
    return "is encrypted with a passphrase; decrypt it first (openssl pkey)";
  }
  if (!label.endsWith("PRIVATE KEY")) return `is a ${label}, not a private key or certificate`;
  const key = privateKeyOf(value);
  return key === undefined ? "is no private key that can be read" : keyFinding(key);
}

function keyFinding(key: KeyObject): string | undefined {
  switch (key.asymmetricKeyType) {
    case "rsa": {
      const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
      return bits < RSA_BITS_MIN ? `is an RSA key of ${bits} bits; at least 2048` : undefined;
    }
    case "ed25519":
    case "ec":
      return undefined;
    default:
      return `is a key of type ${key.asymmetricKeyType}; RSA, Ed25519 or EC`;
  }
}

function certificateFinding(value: string): string | undefined {
  const certificate = certificateOf(value);
  if (certificate === undefined) return "is no certificate that can be read";
  return Date.parse(certificate.validTo) < Date.now()
    ? `is a certificate that ended on ${new Date(certificate.validTo).toISOString()}`
    : undefined;
}

/** Checks that a certificate and a private key among the values match. */
function pairFinding(values: ReadonlyMap<string, string>): ShapeFinding | undefined {
  const pem = [...values].filter(([, value]) => value.startsWith("-----BEGIN"));
  const certificate = pem.find(([, value]) => value.startsWith("-----BEGIN CERTIFICATE-----"));
  const key = pem.find(([, value]) => /^-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(value));
  if (certificate === undefined || key === undefined) return undefined;
  const parsed = privateKeyOf(key[1]);
  if (parsed && certificateOf(certificate[1])?.checkPrivateKey(parsed)) return undefined;
  return { field: key[0], message: `does not belong to the certificate in ${certificate[0]}` };
}

function privateKeyOf(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    // Drop the parser's message, which may repeat a part of the secret.
    return undefined;
  }
}

function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return certificatesOf(pem)[0];
  } catch {
    return undefined;
  }
}
