import { createZstdDecompress } from "node:zlib";
import { StorageError } from "@ssmd/runtime";

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;

/** Whether a file with these first bytes contains zstd frames, whatever its name. */
export function isZstd(begin: Uint8Array): boolean {
  if (begin.length < 4) return false;
  const magic = new DataView(begin.buffer, begin.byteOffset).getUint32(0, true);
  return magic === MAGIC || (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;
}

/**
 * End of the zstd frame that starts at `start`; NaN when it is incomplete. Source: RFC 8878,
 * sections 3.1.1 and 3.1.2.
 */
function zstdFrameEnd(bytes: Uint8Array, start: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (start + 8 > bytes.length) return NaN;
  const magic = view.getUint32(start, true);
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
    const end = start + 8 + view.getUint32(start + 4, true);
    return end <= bytes.length ? end : NaN;
  }
  if (magic !== MAGIC) return NaN;
  const descriptor = bytes[start + 4] as number;
  const single = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >>> 6 as 0 | 1 | 2 | 3;
  const sizeBytes = sizeFlag === 0 && single ? 1 : CONTENT_SIZE_BYTES[sizeFlag];
  const dictionary = DICTIONARY_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3];
  let at = start + 5 + (single ? 0 : 1) + dictionary + sizeBytes;
  for (let last = false; !last;) {
    if (at + 3 > bytes.length) return NaN;
    const header = view.getUint16(at, true) | (bytes[at + 2] as number) << 16;
    last = (header & 1) === 1;
    at += 3 + (((header >>> 1) & 3) === 1 ? 1 : header >>> 3);
  }
  if ((descriptor & 4) !== 0) at += 4;
  return at <= bytes.length ? at : NaN;
}

/**
 * Decompresses a file of any number of zstd frames incrementally, as the decompressor of node:zlib
 * stops after the first. Throws StorageError `CAPTURE_DAMAGED` at an incomplete frame.
 */
export async function* decompressFrames(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const end = zstdFrameEnd(bytes, at);
    if (Number.isNaN(end)) {
      throw new StorageError("CAPTURE_DAMAGED", `The zstd data is not whole at byte ${at}`, {
        context: { at, bytes: bytes.length },
        hint: "Copy the file again, or cut it there",
      });
    }
    const stream = createZstdDecompress();
    stream.end(bytes.subarray(at, end));
    for await (const chunk of stream) yield chunk as Uint8Array;
    at = end;
  }
}
