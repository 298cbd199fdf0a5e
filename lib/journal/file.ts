import { nowUs } from "@ssmd/runtime";
import { journalBusy, journalClosed, journalCorrupted, journalErrorOf } from "./errors.ts";
import { type Journal, type JournalEntry, type JsonRecord, PENDING_MAX } from "./journal.ts";
import { assertTopic, encodeLine, recordText } from "./line.ts";
import { listSegments, scan, type Segment } from "./segment.ts";
import { SegmentWriter, type TornTail } from "./segment_writer.ts";

/** Options of {@linkcode fileJournal}. */
export interface FileJournalOptions {
  /** Segment size after which the next file is started; default 8 MiB. */
  segmentBytesMax?: number;
  /** Called when a torn tail, left by a kill, was truncated. */
  onTornTail?: (tail: TornTail) => void;
}

const SEGMENT_BYTES_MAX = 8 * 1024 * 1024;
/** Maximum bytes written and synced as one group. */
const GROUP_BYTES_MAX = 4 * 1024 * 1024;

interface Pending {
  topic: string;
  text: string;
  resolve: (position: number) => void;
  reject: (error: unknown) => void;
}

/**
 * Opens a journal in a folder: files of lines with CRC and length, one fdatasync per group. Several
 * processes may append to the same folder; each group is written under a lock. Opening truncates a
 * torn last line. Records are never removed. Throws JournalError `JOURNAL_DAMAGED` or
 * `JOURNAL_FAILED`.
 */
export async function fileJournal(dir: string, options: FileJournalOptions = {}): Promise<Journal> {
  const writer = new SegmentWriter(
    dir,
    options.segmentBytesMax ?? SEGMENT_BYTES_MAX,
    options.onTornTail,
  );
  try {
    await writer.open();
  } catch (error) {
    writer.close();
    throw journalErrorOf(error, dir);
  }
  return new FileJournal(dir, writer);
}

class FileJournal implements Journal {
  #dir: string;
  #writer: SegmentWriter;
  #pending: Pending[] = [];
  #flushing: Promise<void> | undefined;
  #closed = false;

  constructor(dir: string, writer: SegmentWriter) {
    this.#dir = dir;
    this.#writer = writer;
  }

  append(topic: string, record: JsonRecord): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw journalClosed();
      if (this.#pending.length >= PENDING_MAX) throw journalBusy(PENDING_MAX);
      assertTopic(topic);
      this.#pending.push({ topic, text: recordText(record), resolve, reject });
      this.#flushing ??= this.#flush();
    });
  }

  async *read(topic: string, fromPosition = 1): AsyncIterable<JournalEntry> {
    assertTopic(topic);
    this.#assertOpen();
    const last = await this.#failing(this.#writer.lastPosition());
    const segments = await this.#failing(listSegments(this.#dir));
    for (const [i, segment] of segments.entries()) {
      const next = segments[i + 1];
      if (next !== undefined && next.first <= fromPosition) continue;
      for (const entry of await this.#entriesOf(segment, next)) {
        this.#assertOpen();
        if (entry.position > last) return;
        if (entry.position >= fromPosition && entry.topic === topic) yield entry;
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#flushing;
    this.#writer.close();
  }

  async #entriesOf(segment: Segment, next: Segment | undefined): Promise<JournalEntry[]> {
    const bytes = await this.#failing(Deno.readFile(segment.path));
    const { entries, end, tornBytes } = scan(bytes, 0, { next: segment.first, path: segment.path });
    // The newest file may end in a write in progress by another process.
    const missing = next !== undefined && segment.first + entries.length !== next.first;
    if (!missing && (next === undefined || tornBytes === 0)) return entries;
    throw journalCorrupted(segment.path, end, "it ends before the next file begins");
  }

  /** Writes groups until none is pending; appends made meanwhile form the next group. */
  async #flush(): Promise<void> {
    // Wait one microtask, so appends of the same turn form one group.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const group = this.#takeGroup();
      try {
        const first = await this.#writer.write((position) => {
          const atUs = nowUs();
          return group.map(({ topic, text }, i) => encodeLine(position + i, topic, { atUs, text }));
        });
        group.forEach(({ resolve }, i) => resolve(first + i));
      } catch (error) {
        const refusal = journalErrorOf(error, this.#dir);
        for (const { reject } of group) reject(refusal);
      }
    }
    this.#flushing = undefined;
  }

  async #failing<T>(under: Promise<T>): Promise<T> {
    return await under.catch((error) => {
      throw journalErrorOf(error, this.#dir);
    });
  }

  #takeGroup(): Pending[] {
    let chars = 0;
    let count = 0;
    for (const { text } of this.#pending) {
      chars += text.length;
      if (count > 0 && chars > GROUP_BYTES_MAX) break;
      count++;
    }
    return this.#pending.splice(0, count);
  }

  #assertOpen(): void {
    if (this.#closed) throw journalClosed();
  }
}
