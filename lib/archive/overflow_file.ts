import { crc32 } from "node:zlib";
import { ArchiveError } from "@ssmd/runtime";
import { compressFrame, corruptionError, decompressFrame } from "./zstd_frames.ts";

/** Uncompressed bytes per chunk; a merge holds one chunk per run in memory. */
const CHUNK_BYTES = 256 * 1024;
/** Spilled data lives for minutes: speed matters more than size. */
const SPILL_LEVEL = 1;

/** A chunk of a file. */
export interface OverflowChunk {
  /** Offset of its first byte. */
  offset: number;
  bytes: number;
  /** CRC-32 of its bytes, if it is not compressed. */
  crc?: number;
}

/** Reads the chunks of a file. */
export interface ChunkReader {
  /** Returns the data of a chunk. Throws ArchiveError when the disk returns corrupt data. */
  read(chunk: OverflowChunk): Uint8Array<ArrayBuffer>;
  close(): void;
}

/** A temporary file of chunks, each with a checksum. */
export interface ChunkFile extends ChunkReader {
  /** Appends data as one chunk. Throws ArchiveError `SPILL_FAILED`, also when the disk is full. */
  append(data: Uint8Array): OverflowChunk;
}

/**
 * A temporary file of compressed chunks. It is unlinked right after opening (except on Windows), so
 * nothing is left behind when the process is killed.
 */
export class OverflowFile implements ChunkFile {
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

  append(data: Uint8Array): OverflowChunk {
    const packed = compressFrame(data, SPILL_LEVEL);
    const chunk = { offset: this.#bytes, bytes: packed.length };
    withFileError(this.#path, () => {
      this.#file.seekSync(this.#bytes, Deno.SeekMode.Start);
      writeAll(this.#file, packed);
    });
    this.#bytes += packed.length;
    return chunk;
  }

  read(chunk: OverflowChunk): Uint8Array<ArrayBuffer> {
    const packed = readAt(this.#file, this.#path, chunk);
    return decompressFrame(packed, { kind: "data", start: 0, end: packed.length }, this.#path);
  }

  /** Closes and removes the file. */
  close(): void {
    this.#file.close();
    if (this.#isNamed) Deno.removeSync(this.#path);
  }
}

/** A temporary file of plain chunks that another thread reads by its path; the caller removes it. */
export class NamedChunkFile implements ChunkFile {
  #path: string;
  #file: Deno.FsFile;
  #bytes = 0;

  /** Creates the file, or opens a written one. Throws ArchiveError `SPILL_FAILED`. */
  constructor(path: string, { isNew }: { isNew: boolean }) {
    this.#path = path;
    const options = isNew ? { write: true, create: true, truncate: true } : { read: true };
    this.#file = withFileError(path, () => Deno.openSync(path, options));
  }

  append(data: Uint8Array): OverflowChunk {
    withFileError(this.#path, () => writeAll(this.#file, data));
    const chunk = { offset: this.#bytes, bytes: data.length, crc: crc32(data) };
    this.#bytes += data.length;
    return chunk;
  }

  read(chunk: OverflowChunk): Uint8Array<ArrayBuffer> {
    const data = readAt(this.#file, this.#path, chunk);
    if (crc32(data) === chunk.crc) return data;
    throw corruptionError(this.#path, { offset: chunk.offset, why: "its checksum is another" });
  }

  close(): void {
    this.#file.close();
  }
}

function writeAll(file: Deno.FsFile, data: Uint8Array): void {
  for (let at = 0; at < data.length;) at += file.writeSync(data.subarray(at));
}

function readAt(file: Deno.FsFile, path: string, { offset, bytes }: OverflowChunk) {
  const data = new Uint8Array(bytes);
  withFileError(path, () => {
    file.seekSync(offset, Deno.SeekMode.Start);
    for (let at = 0; at < bytes;) {
      const read = file.readSync(data.subarray(at));
      if (read === null) {
        throw corruptionError(path, { offset: offset + at, why: "it ends early" });
      }
      at += read;
    }
  });
  return data;
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
      hint:
        "Make room on the disk of its folder, or choose another folder: --temp of archive seal and " +
        "reprocess run, --out of data export. A day needs about its compressed size there, to " +
        "reprocess it three times its raw size, and with --parallel three days are there at once",
      cause: error,
      context: { path },
    });
  }
}
