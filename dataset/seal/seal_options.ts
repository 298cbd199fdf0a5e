import type { Logger } from "@ssmd/runtime";
import type { EventType } from "@ssmd/market";
import type { Storage } from "@ssmd/storage";

/** Options of sealing a day. */
export interface SealDayOptions {
  storage: Storage;
  env: string;
  feed: string;
  /** Default `v1`. */
  version?: string;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  /** Folder with room for the day's compressed records. */
  tempDir: string;
  software: { version: string; commit: string };
  /** Wall clock, µs. */
  nowUs: () => number;
  /** Seal even a day that is not over. */
  force?: boolean;
  /** Only report what would be done. */
  dryRun?: boolean;
  logger?: Logger;
  /** Called periodically. */
  onProgress?: (progress: SealProgress) => void;
}

/** Progress of sealing one type. */
export interface SealProgress {
  type: EventType;
  step: "reading" | "checking";
  /** Records done, and in total. */
  done: number;
  total: number;
}
