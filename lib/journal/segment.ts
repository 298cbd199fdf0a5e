import { join } from "node:path";
import { journalCorrupted } from "./errors.ts";
import type { JournalEntry } from "./journal.ts";
import { decodeLine, nextWholeLine } from "./line.ts";

const NAME = /^([0-9]{16})\.jsonl$/;
const NAME_DIGITS = 16;

/** A file of a journal, named after the first position that it holds. */
export interface Segment {
  first: number;
  path: string;
}

/** The file whose first record has this position. */
export function segmentAt(dir: string, first: number): Segment {
  return { first, path: join(dir, `${String(first).padStart(NAME_DIGITS, "0")}.jsonl`) };
}

/** The files of a journal, oldest first. */
export async function listSegments(dir: string): Promise<Segment[]> {
  const segments: Segment[] = [];
  for await (const { name } of Deno.readDir(dir)) {
    const digits = NAME.exec(name)?.[1];
    if (digits !== undefined) segments.push(segmentAt(dir, Number(digits)));
  }
  return segments.sort((a, b) => a.first - b.first);
}

/** What stands in a piece of a segment. */
interface Scan {
  entries: JournalEntry[];
  /** Byte after the last whole line. */
  end: number;
  /** Bytes after it that are no whole line: a write that was cut short. */
  tornBytes: number;
}

/**
 * Reads whole lines from `start` to the end; `next` is the position that comes first. Throws
 * `JOURNAL_DAMAGED` when whole lines follow a broken one, or positions do not count up by one: only
 * the end of a file can be torn by a kill.
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
