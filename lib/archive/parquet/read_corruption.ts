import { ArchiveError, messageOf } from "@ssmd/runtime";
import { corruptionError } from "../zstd_frames.ts";

/** Converts errors of reading corrupt bytes to ArchiveError `ARCHIVE_DAMAGED`. */
export function checked<T>({ key, offset }: { key: string; offset: number }, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw asCorruption(key, offset, error);
  }
}

/** Readers throw RangeError, TextDecoder TypeError, JSON SyntaxError; zstd errors have `errno`. */
function asCorruption(key: string, offset: number, error: unknown): unknown {
  const isData = error instanceof RangeError || error instanceof TypeError ||
    error instanceof SyntaxError || (error instanceof Error && "errno" in error);
  if (error instanceof ArchiveError || !isData) return error;
  return corruptionError(key, { offset, why: messageOf(error) });
}
