import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** What an answer of the storage says about bytes that it took. */
export interface S3Receipt {
  ETag?: string | undefined;
  ChecksumCRC32?: string | undefined;
}

/** CRC-32 of bytes as S3 writes it: four bytes, high first, in base64. */
export function crc32Text(bytes: Uint8Array): string {
  const four = new Uint8Array(4);
  new DataView(four.buffer).setUint32(0, crc32(bytes));
  return four.toBase64();
}

/** What a receipt proves: that the bytes are stored, that others are, or nothing. */
type Proof = "same" | "different" | "none";

/**
 * Compares a receipt with the bytes that were sent. A checksum decides; without one an ETag that is
 * the bytes' MD5 proves them. Another ETag proves nothing: encrypting servers make their own.
 */
export function proofOf(receipt: S3Receipt, bytes: Uint8Array, crc: string): Proof {
  if (receipt.ChecksumCRC32 !== undefined) {
    return receipt.ChecksumCRC32 === crc ? "same" : "different";
  }
  const md5 = () => createHash("md5").update(bytes).digest("hex");
  return unquoted(receipt.ETag) === md5() ? "same" : "none";
}

/** The ETag of an object that was put together of parts: MD5 of their MD5s and their number. */
export function etagOfParts(etags: readonly (string | undefined)[]): string | undefined {
  const hash = createHash("md5");
  for (const etag of etags) {
    const md5 = unquoted(etag);
    if (!/^[0-9a-f]{32}$/.test(md5)) return undefined;
    hash.update(Uint8Array.fromHex(md5));
  }
  return `${hash.digest("hex")}-${etags.length}`;
}

/** An ETag without its quotation marks. */
export function unquoted(etag: string | undefined): string {
  return (etag ?? "").replaceAll('"', "");
}
