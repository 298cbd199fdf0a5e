import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

const CERTIFICATES = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Parses the certificates of a PEM text, at least one. Throws TypeError with the reason. */
export function certificatesOf(text: string): [X509Certificate, ...X509Certificate[]] {
  const [first, ...others] = (text.match(CERTIFICATES) ?? []).map(certificateOf);
  if (first === undefined) throw new TypeError("no certificate (PEM) is in it");
  return [first, ...others];
}

function certificateOf(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new TypeError("it is no certificate (PEM)", { cause });
  }
}

function privateKeyOf(text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    // Leave out the original message: it may contain the key.
    throw new TypeError("it is no private key (PEM, without a password)");
  }
}

/** Throws TypeError when a text is not the private key of the first certificate of another. */
export function assertPair(certificate: string, key: string): void {
  const [own] = certificatesOf(certificate);
  if (!own.checkPrivateKey(privateKeyOf(key))) {
    throw new TypeError("it is not the key of cert");
  }
}
