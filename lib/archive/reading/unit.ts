import type { Block } from "./block.ts";

/** What is fetched from storage with one request. */
export interface Unit {
  /** No record in it is earlier, µs. */
  readonly fromUs: number;
  /** No record in it is later, µs. */
  readonly toUs: number;
  /** How much is fetched. */
  readonly bytes: number;
  /** The file. */
  readonly key: string;
  /** Of the whole file, as the manifest that was read says. */
  readonly sha256: string;
  /** Wanted records, as far as it is known: what is missing when the file is not there. */
  readonly count: number;
  /** Throws StorageError; damage in what was fetched is told by the blocks. */
  fetch(): Promise<Block[]>;
}
