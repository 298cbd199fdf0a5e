import { type ManifestFile, putSealed, RecordSorter, type SealedSource } from "@ssmd/archive";
import type { EventType } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import { messagesOfFile } from "./record_file.ts";

/** Records of one type and day to seal. */
export interface SealTask {
  /** Type of all records. */
  type: EventType;
  /** Record files, in any order. */
  files: string[];
  /** Key of the sealed object. */
  key: string;
  /** Source for its lineage. */
  source: SealedSource;
  /** Folder for data that exceeds memory. */
  scratch: string;
}

/** A written object. */
export interface SealResult {
  /** Its manifest entry. */
  file: ManifestFile;
  /** Symbols with records. */
  symbols: string[];
}

/** Sorts records and writes them as a sealed day. Throws ArchiveError, StorageError. */
export async function sealType(storage: Storage, task: SealTask): Promise<SealResult> {
  const bytesExpected = task.files.reduce((sum, path) => sum + Deno.statSync(path).size, 0);
  const sorter = new RecordSorter(task.type, { tempDir: task.scratch, bytesExpected });
  try {
    for (const path of task.files) {
      for (const message of messagesOfFile(path)) sorter.add(message);
    }
    const sorted = sorter.sorted();
    const file = await putSealed(storage, task.key, { sorted, source: task.source });
    return { file, symbols: sorted.symbols.map(({ symbol }) => symbol) };
  } finally {
    sorter.close();
  }
}
