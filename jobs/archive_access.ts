import type { JsonRecord } from "@ssmd/journal";
import type { Storage, StorageConfig } from "@ssmd/storage";

/** Resources of an archive task. */
export interface ArchiveAccess {
  storage: Storage;
  /** Configuration of `storage`, to open it in more threads. */
  config: StorageConfig;
  /** Adds a progress line to the job's log. */
  log: (line: string, fields: JsonRecord) => void;
}
