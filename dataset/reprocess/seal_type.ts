import {
  type ManifestFile,
  putSealed,
  type SealedSource,
  SpilledDay,
  type SpilledRecords,
} from "@ssmd/archive";
import type { EventType } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";

/** Records of one type and day to seal. */
export interface SealTask {
  /** Type of all records. */
  type: EventType;
  /** Sorted records of the translations. */
  records: SpilledRecords[];
  /** Key of the sealed object. */
  key: string;
  /** Source for its lineage. */
  source: SealedSource;
}

/** A written object. */
export interface SealResult {
  /** Its manifest entry. */
  file: ManifestFile;
  /** Symbols with records. */
  symbols: string[];
}

/** Merges records and writes them as a sealed day. Throws ArchiveError, StorageError. */
export async function sealType(storage: Storage, task: SealTask): Promise<SealResult> {
  using spilled = new SpilledDay(task.type, task.records);
  const { sorted } = spilled;
  const file = await putSealed(storage, task.key, { sorted, source: task.source });
  return { file, symbols: sorted.symbols.map(({ symbol }) => symbol) };
}
