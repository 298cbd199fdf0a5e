import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** Checksums in the storage's response to an upload. */
export interface S3Receipt {
  ETag?: string | undefined;
  ChecksumCRC32?: string | undefined;
}

/** Formats a CRC-32 like S3: four bytes, big-endian, base64. */
export function crc32Text(bytes: Uint8Array): string {
  const four = new Uint8Array(4);
  new DataView(four.buffer).setUint32(0, crc32(bytes));
  return four.toBase64();
}

/** What a receipt proves: the same bytes are stored, other bytes are, or nothing. */
type Proof = "same" | "different" | "none";

/**
 * Compares a receipt with the sent bytes. A checksum decides; without one, an ETag equal to the MD5
 * proves them. Any other ETag proves nothing: encrypting servers use their own.
 */
export function proofOf(receipt: S3Receipt, bytes: Uint8Array, crc: string): Proof {
  if (receipt.ChecksumCRC32 !== undefined) {
    return receipt.ChecksumCRC32 === crc ? "same" : "different";
  }
  const md5 = () => createHash("md5").update(bytes).digest("hex");
  return unquoted(receipt.ETag) === md5() ? "same" : "none";
}

/** Returns the ETag of a multipart object: MD5 of the parts' MD5s, and their number. */
export function etagOfParts(etags: readonly (string | undefined)[]): string | undefined {
  const hash = createHash("md5");
  for (const etag of etags) {
    const md5 = unquoted(etag);
    if (!/^[0-9a-f]{32}$/.test(md5)) return undefined;
    hash.update(Uint8Array.fromHex(md5));
  }
  return `${hash.digest("hex")}-${etags.length}`;
}

/** Removes the quotation marks of an ETag. */
export function unquoted(etag: string | undefined): string {
  return (etag ?? "").replaceAll('"', "");
}
