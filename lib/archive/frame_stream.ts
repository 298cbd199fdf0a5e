import { createHash } from "node:crypto";
import type { Storage } from "@ssmd/storage";
import { corruptionError, firstFrameIn } from "./zstd_frames.ts";

/** Bytes per range read. */
const RANGE_BYTES = 2 * 1024 * 1024;

/** Longest compressed frame, bytes; a longer one means a corrupt length. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024;

/** An object to read, as its manifest lists it. */
export interface NamedObject {
  /** Storage key. */
  key: string;
  /** Size of the whole object. */
  bytes: number;
  /** SHA-256 of the whole object, hex; verified when given. */
  sha256?: string;
  /** Called with all bytes of the object as they are read. */
  onBytes?: (bytes: Uint8Array) => void;
}

/** One whole frame of an object. */
interface StreamedFrame {
  /** `data` = compressed data; `skippable` = ignored. */
  kind: "data" | "skippable";
  /** Offset of the frame in the object. */
  offset: number;
  /** The frame; a view that is valid until the next frame is requested. */
  bytes: Uint8Array;
}

/**
 * Streams the zstd frames of an object by range reads; holds at most one frame and one range in
 * memory. Verifies the object's size and SHA-256 at the end. Throws ArchiveError `ARCHIVE_DAMAGED`
 * with key and offset after all intact frames, or StorageError when it cannot be read.
 */
export async function* streamFrames(
  storage: Pick<Storage, "getRange">,
  object: NamedObject,
): AsyncIterable<StreamedFrame> {
  const { key, bytes: size, sha256 } = object;
  const hash = createHash("sha256");
  let rest: Uint8Array = new Uint8Array(0);
  let offset = 0;
  for (let at = 0; at < size;) {
    // Request one byte past the expected size to detect a longer object.
    const end = at + RANGE_BYTES >= size ? size + 1 : at + RANGE_BYTES;
    const range = await storage.getRange(key, at, end);
    hash.update(range);
    object.onBytes?.(range);
    rest = rest.length === 0 ? range : behind(rest, range);
    at += range.length;
    const isLast = at >= size || range.length === 0;
    for (let start = 0;;) {
      const { end, kind, why, missing } = firstFrameIn(rest, start);
      if (end !== undefined) {
        yield { kind, offset, bytes: rest.subarray(start, end) };
        offset += end - start;
        start = end;
        continue;
      }
      rest = rest.subarray(start);
      const isTooLong = rest.length > FRAME_BYTES_MAX;
      if (rest.length > 0 && (isLast || isTooLong || why !== "")) {
        const before = missing === undefined ? "" : `${missing} bytes `;
        const cut = `the file ends ${before}before its frame does`;
        throw corruptionError(key, { offset, why: why || cut });
      }
      break;
    }
    if (range.length === 0) break;
  }
  if (offset !== size) {
    const difference = `${Math.abs(offset - size)} bytes ${offset < size ? "less" : "more"}`;
    const why = `it has ${difference} than are named`;
    throw corruptionError(key, { offset: Math.min(offset, size), why });
  }
  if (sha256 === undefined || hash.digest("hex") === sha256) return;
  throw corruptionError(key, {
    offset: 0,
    why: "it does not have the SHA-256 that its manifest names",
  });
}

function behind(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
