import { ArchiveError } from "@ssmd/runtime";
import { compressFrame, corruptionError, decompressFrame } from "./zstd_frames.ts";

/** Uncompressed bytes per chunk; a merge holds one chunk per run in memory. */
const CHUNK_BYTES = 256 * 1024;
/** Spilled data lives for minutes: speed matters more than size. */
const SPILL_LEVEL = 1;

/** A compressed chunk of a spill file. */
export interface OverflowChunk {
  /** Offset of its first byte. */
  offset: number;
  bytes: number;
}

/**
 * A temporary file of compressed chunks, each with a checksum. It is unlinked right after opening
 * (except on Windows), so nothing is left behind when the process is killed.
 */
export class OverflowFile {
  #path: string;
  #file: Deno.FsFile;
  #isNamed = true;
  #bytes = 0;

  /** Creates the file in `dir`, and `dir` if needed. Throws ArchiveError `SPILL_FAILED`. */
  constructor(dir: string) {
    this.#path = `${dir}/ssmd-spill-${Deno.pid}-${crypto.randomUUID()}`;
    this.#file = withFileError(this.#path, () => {
      Deno.mkdirSync(dir, { recursive: true });
      return Deno.openSync(this.#path, { read: true, write: true, createNew: true });
    });
    if (Deno.build.os === "windows") return;
    Deno.removeSync(this.#path);
    this.#isNamed = false;
  }

  /** Appends data as one chunk. Throws ArchiveError `SPILL_FAILED`, also when the disk is full. */
  append(data: Uint8Array): OverflowChunk {
    const packed = compressFrame(data, SPILL_LEVEL);
    const chunk = { offset: this.#bytes, bytes: packed.length };
    withFileError(this.#path, () => {
      this.#file.seekSync(this.#bytes, Deno.SeekMode.Start);
      for (let at = 0; at < packed.length;) at += this.#file.writeSync(packed.subarray(at));
    });
    this.#bytes += packed.length;
    return chunk;
  }

  /** Reads the data of a chunk. Throws ArchiveError when the disk returns corrupt data. */
  read({ offset, bytes }: OverflowChunk): Uint8Array {
    const packed = new Uint8Array(bytes);
    withFileError(this.#path, () => {
      this.#file.seekSync(offset, Deno.SeekMode.Start);
      for (let at = 0; at < bytes;) {
        const read = this.#file.readSync(packed.subarray(at));
        if (read === null) {
          throw corruptionError(this.#path, { offset: offset + at, why: "it ends early" });
        }
        at += read;
      }
    });
    return decompressFrame(packed, { kind: "data", start: 0, end: bytes }, this.#path);
  }

  /** Closes and removes the file. */
  close(): void {
    this.#file.close();
    if (this.#isNamed) Deno.removeSync(this.#path);
  }
}

/** Returns whether `more` bytes do not fit in a chunk with `used` bytes. */
export function isChunkFull(used: number, more: number): boolean {
  return used > 0 && used + more > CHUNK_BYTES;
}

function withFileError<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError("SPILL_FAILED", `The temporary file ${path} cannot be used: ${error}`, {
      hint: "Name a folder with room with --temp; a day needs about its compressed size there",
      cause: error,
      context: { path },
    });
  }
}
