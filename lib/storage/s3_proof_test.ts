import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { crc32Text, etagOfParts, proofOf } from "./s3_proof.ts";

const BYTES = new TextEncoder().encode("123456789");

Deno.test("CRC-32 is written as S3 has it: high byte first, base64", () => {
  // The check value of CRC-32 is cbf43926.
  assert.equal(crc32Text(BYTES), btoa("\xcb\xf4\x39\x26"));
});

Deno.test("a checksum decides; an ETag proves only what it is the MD5 of", () => {
  const crc = crc32Text(BYTES);
  const md5 = createHash("md5").update(BYTES).digest("hex");
  assert.equal(
    proofOf({ ChecksumCRC32: crc, ETag: '"of an encrypting server"' }, BYTES, crc),
    "same",
  );
  assert.equal(proofOf({ ChecksumCRC32: "AAAAAA==", ETag: `"${md5}"` }, BYTES, crc), "different");
  assert.equal(proofOf({ ETag: `"${md5}"` }, BYTES, crc), "same");
  assert.equal(proofOf({ ETag: '"of an encrypting server"' }, BYTES, crc), "none");
  assert.equal(proofOf({}, BYTES, crc), "none");
});

Deno.test("the ETag of parts is the MD5 of their MD5s, where they are MD5s", () => {
  const md5 = createHash("md5").update(BYTES).digest();
  const expected = createHash("md5").update(md5).update(md5).digest("hex");
  const quoted = `"${md5.toString("hex")}"`;
  assert.equal(etagOfParts([quoted, quoted]), `${expected}-2`);
  assert.equal(etagOfParts([quoted, '"other"']), undefined);
  assert.equal(etagOfParts([undefined]), undefined);
});
