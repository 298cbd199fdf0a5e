import { setImmediate as nextTurn } from "node:timers/promises";
import { isoOfUs } from "@ssmd/runtime";
import type { Storage } from "@ssmd/storage";
import { concat } from "./bytes.ts";
import { type ManifestFile, manifestTimes, type Processing } from "./manifest.ts";
import {
  type SealedFile,
  sealedFileOf,
  type SealedSource,
  type SortedDay,
} from "./sealed_writer.ts";

/** Pieces of the file per turn of the event loop. */
const PIECES_A_TURN = 64;
/** Bytes per write to storage: one write costs as much as compressing a page. */
const BLOCK_BYTES = 512 * 1024;

/** Input of {@linkcode putSealed}. */
interface PutSealedOptions {
  sorted: SortedDay;
  source: SealedSource;
  /** Called before the last bytes are written; if it throws, the previous object is kept. */
  beforeEnd?: () => Promise<void>;
}

/**
 * Streams a sealed day to storage; neither the file nor its records are in memory as a whole.
 * Returns the manifest entry; the caller writes the manifest after reading the object back. Throws
 * StorageError, and ArchiveError `SPILL_FAILED`.
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
      if (turn % PIECES_A_TURN === 0 || next.value.length === 0) await nextTurn();
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
