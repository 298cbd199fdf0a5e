import type { JsonRecord } from "@ssmd/journal";
import type { Storage, StorageConfig } from "@ssmd/storage";

/** What a task works on. */
export interface ArchiveAccess {
  storage: Storage;
  /** Of the storage, for more threads. */
  config: StorageConfig;
  /** Adds a line about progress to the job's log. */
  log: (line: string, fields: JsonRecord) => void;
}
