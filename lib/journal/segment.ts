import { join } from "node:path";
import { journalCorrupted } from "./errors.ts";
import type { JournalEntry } from "./journal.ts";
import { decodeLine, nextWholeLine } from "./line.ts";

const NAME = /^([0-9]{16})\.jsonl$/;
const NAME_DIGITS = 16;

/** A journal file, named after its first position. */
export interface Segment {
  first: number;
  path: string;
}

/** Returns the file whose first record has this position. */
export function segmentAt(dir: string, first: number): Segment {
  return { first, path: join(dir, `${String(first).padStart(NAME_DIGITS, "0")}.jsonl`) };
}

/** Lists the files of a journal, oldest first. */
export async function listSegments(dir: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for await (const { name } of Deno.readDir(dir)) {
    const digits = NAME.exec(name)?.[1];
    if (digits !== undefined) segments.push(segmentAt(dir, Number(digits)));
  }
  return segments.sort((a, b) => a.first - b.first);
}

/** Content of a part of a segment. */
interface Scan {
  entries: JournalEntry[];
  /** Offset after the last whole line. */
  end: number;
  /** Bytes after it, from an interrupted write. */
  tornBytes: number;
}

/**
 * Reads whole lines from `start` to the end; `next` is the expected first position. Throws
 * `JOURNAL_DAMAGED` when whole lines follow a broken one or positions are not consecutive: a kill
 * can only tear the end of a file.
 */
export function scan(
  bytes: Uint8Array,
  start: number,
  { next, path }: { next: number; path: string },
): Scan {
  const entries: JournalEntry[] = [];
  let at = start;
  while (at < bytes.length) {
    const line = decodeLine(bytes, at);
    if (line === undefined) break;
    const expected = next + entries.length;
    if (line.entry.position !== expected) {
      const why = `position ${line.entry.position} stands where ${expected} belongs`;
      throw journalCorrupted(path, at, why);
    }
    entries.push(line.entry);
    at = line.end;
  }
  const whole = at < bytes.length ? nextWholeLine(bytes, at) : -1;
  if (whole >= 0) {
    throw journalCorrupted(path, at, `a broken line, and a whole one at byte ${whole}`);
  }
  return { entries, end: at, tornBytes: bytes.length - at };
}
