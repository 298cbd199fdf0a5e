import { isoOfUs, sleep } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { concat } from "./bytes.ts";
import { type ManifestFile, manifestTimes, type Processing } from "./manifest.ts";
import {
  type SealedFile,
  sealedFileOf,
  type SealedSource,
  type SortedDay,
} from "./sealed_writer.ts";

/** Pieces of the file between two turns of the event loop. */
const PIECES_A_TURN = 64;
/** Bytes that are handed to storage at once: each write costs as much as compressing a page. */
const BLOCK_BYTES = 512 * 1024;

/** How a sealed day is put. */
interface PutSealedOptions {
  sorted: SortedDay;
  source: SealedSource;
  /** Called before the object's last bytes are given; what it throws leaves what was there before. */
  beforeEnd?: () => Promise<void>;
}

/**
 * Writes a sealed day to storage as it is made: neither it nor its records are ever in memory as a
 * whole. The result is the manifest's entry; the manifest is the caller's to write, after the
 * object was read back. Throws StorageError, and ArchiveError `SPILL_FAILED`.
 */
export async function putSealed(
  storage: Storage,
  key: string,
  { sorted, source, beforeEnd }: PutSealedOptions,
): Promise<ManifestFile> {
  let file: SealedFile | undefined;
  async function* blocks(): AsyncIterable<Uint8Array> {
    const pieces = sealedFileOf(sorted, source);
    let block: Uint8Array[] = [];
    let bytes = 0;
    for (let turn = 1;; turn++) {
      const next = pieces.next();
      if (next.done === true) {
        file = next.value;
        break;
      }
      block.push(next.value);
      bytes += next.value.length;
      if (bytes >= BLOCK_BYTES) {
        yield concat(block);
        block = [];
        bytes = 0;
      }
      if (turn % PIECES_A_TURN === 0 || next.value.length === 0) await sleep(0);
    }
    await beforeEnd?.();
    yield concat(block);
  }
  await storage.put(key, blocks());
  return {
    ...entryOf(key, sorted, file as unknown as SealedFile),
    processing: processingOf(source),
  };
}

function processingOf({ processor, software, source, nowUs }: SealedSource): Processing {
  return { processor, software, writtenAt: isoOfUs(nowUs), source };
}

function entryOf(key: string, sorted: SortedDay, file: SealedFile): ManifestFile {
  const { lineage, bytes, sha256, footerBytes, footerSha256 } = file;
  return {
    key,
    type: sorted.type,
    count: lineage.count,
    bytes,
    sha256,
    ...manifestTimes(sorted.fromUs, sorted.toUs),
    sequence: sorted.sequence,
    sealed: { symbols: lineage.symbols, indexBytes: footerBytes, indexSha256: footerSha256 },
  };
}
