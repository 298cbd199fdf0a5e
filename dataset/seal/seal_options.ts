import type { Logger } from "@ssmd/runtime";
import type { EventType } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";

/** Which day is sealed, where, by whom. */
export interface SealDayOptions {
  storage: Storage;
  env: string;
  feed: string;
  /** Default `v1`. */
  version?: string;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  /** Folder on a disk with room for the day's compressed records. */
  tempDir: string;
  software: { version: string; commit: string };
  /** Wall clock, µs. */
  nowUs: () => number;
  /** Also a day that is not over. */
  force?: boolean;
  /** Say what would be done, and do nothing. */
  dryRun?: boolean;
  logger?: Logger;
  /** Called now and then. */
  onProgress?: (progress: SealProgress) => void;
}

/** How far the sealing of one type is. */
export interface SealProgress {
  type: EventType;
  step: "reading" | "checking";
  /** Records so far, and all. */
  done: number;
  total: number;
}
