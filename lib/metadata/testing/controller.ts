import { Buffer } from "node:buffer";
import { constants, createDecipheriv, privateDecrypt } from "node:crypto";

/**
 * Opens a sealed value as the controller of SealedSecrets does; written from the format's description, with
 * other functions than those that seal. Throws when it was sealed for another label or key.
 */
export function openSealed(sealed: string, privateKeyPem: string, label: string): string {
  const data = Buffer.from(sealed, "base64");
  const wrappedBytes = data.readUInt16BE(0);
  const wrapped = data.subarray(2, 2 + wrappedBytes);
  const rest = data.subarray(2 + wrappedBytes);
  const session = privateDecrypt({
    key: privateKeyPem,
    padding: constants.RSA_PKCS1_OAEP_PADDING,
    oaepHash: "sha256",
    oaepLabel: Buffer.from(label, "utf8"),
  }, wrapped);
  const decipher = createDecipheriv("aes-256-gcm", session, Buffer.alloc(12));
  decipher.setAuthTag(rest.subarray(rest.length - 16));
  const start = decipher.update(rest.subarray(0, rest.length - 16));
  return Buffer.concat([start, decipher.final()]).toString("utf8");
}
