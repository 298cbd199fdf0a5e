import { nowUs } from "@ssmd/runtime";
import { journalBusy, journalClosed, journalCorrupted, journalErrorOf } from "./errors.ts";
import { type Journal, type JournalEntry, type JsonRecord, PENDING_MAX } from "./journal.ts";
import { assertTopic, encodeLine, recordText } from "./line.ts";
import { listSegments, scan, type Segment } from "./segment.ts";
import { SegmentWriter, type TornTail } from "./segment_writer.ts";

/** Options of {@linkcode fileJournal}. */
export interface FileJournalOptions {
  /** Size at which the next file is begun; default 8 MiB. */
  segmentBytesMax?: number;
  /** Told when the end of a file, torn by a kill, was cut off. */
  onTornTail?: (tail: TornTail) => void;
}

const SEGMENT_BYTES_MAX = 8 * 1024 * 1024;
/** Bytes written and synced at a time. */
const GROUP_BYTES_MAX = 4 * 1024 * 1024;

interface Pending {
  topic: string;
  text: string;
  resolve: (position: number) => void;
  reject: (error: unknown) => void;
}

/**
 * A journal in a folder: files of lines with CRC and length, one fdatasync for a group. Several
 * processes may append to one folder; each group is written under a lock. A torn last line is cut
 * when the folder is opened. Nothing is ever removed. Throws JournalError `JOURNAL_DAMAGED` or
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
    // At the end of the newest file another process may be writing just now.
    const missing = next !== undefined && segment.first + entries.length !== next.first;
    if (!missing && (next === undefined || tornBytes === 0)) return entries;
    throw journalCorrupted(segment.path, end, "it ends before the next file begins");
  }

  /** Writes group after group; what arrives meanwhile is the next group. */
  async #flush(): Promise<void> {
    // One turn, so that appends of the same turn make one group.
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
