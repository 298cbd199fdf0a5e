import type { Block } from "./block.ts";

/** Data fetched from storage with one request. */
export interface Unit {
  /** Lower bound of its records' times, µs. */
  readonly fromUs: number;
  /** Upper bound of its records' times, µs. */
  readonly toUs: number;
  /** Size of the request. */
  readonly bytes: number;
  /** Storage key of the file. */
  readonly key: string;
  /** SHA-256 of the whole file, from the manifest that was read. */
  readonly sha256: string;
  /** Selected records, as far as known: the number missing when the file is gone. */
  readonly count: number;
  /** Throws StorageError; the blocks report corruption of the fetched data. */
  fetch(): Promise<Block[]>;
}
