import { type ManifestFile, putSealed, RecordSorter, type SealedSource } from "@ssmd/archive";
import type { EventType } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";
import { messagesOfFile } from "./record_file.ts";

/** Records of one type and day that become a sealed object. */
export interface SealTask {
  /** Of all records. */
  type: EventType;
  /** Files with the records, in any order. */
  files: string[];
  /** Key of the object. */
  key: string;
  /** What stands in its lineage. */
  source: SealedSource;
  /** Folder for what does not fit into memory. */
  scratch: string;
}

/** A written object. */
export interface SealResult {
  /** The manifest's entry. */
  file: ManifestFile;
  /** All that have records. */
  symbols: string[];
}

/** Sorts the records and writes them as a sealed day. Throws ArchiveError, StorageError. */
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
