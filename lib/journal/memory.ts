import { nowUs } from "@ssmd/runtime";
import { journalClosed } from "./errors.ts";
import type { Journal, JournalEntry, JsonRecord } from "./journal.ts";
import { assertTopic, recordText } from "./line.ts";

/** Maximum records; the oldest are dropped. */
const RECORDS_MAX = 100_000;

/** Creates a journal in memory with the newest 100,000 records. */
export function memoryJournal(): Journal {
  return new MemoryJournal();
}

class MemoryJournal implements Journal {
  #entries: JournalEntry[] = [];
  #last = 0;
  #closed = false;

  append(topic: string, record: JsonRecord): Promise<number> {
    return Promise.try(() => {
      this.#assertOpen();
      assertTopic(topic);
      const copy: JsonRecord = JSON.parse(recordText(record));
      this.#last++;
      this.#entries.push({ position: this.#last, topic, atUs: nowUs(), record: copy });
      if (this.#entries.length > RECORDS_MAX) this.#entries.shift();
      return this.#last;
    });
  }

  async *read(topic: string, fromPosition = 1): AsyncIterable<JournalEntry> {
    assertTopic(topic);
    const last = this.#last;
    let next = fromPosition;
    while (next <= last) {
      this.#assertOpen();
      const first = this.#entries[0]?.position ?? 1;
      const entry = this.#entries[Math.max(0, next - first)];
      if (entry === undefined) return;
      next = entry.position + 1;
      if (entry.topic === topic) yield structuredClone(entry);
      else await Promise.resolve();
    }
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }

  #assertOpen(): void {
    if (this.#closed) throw journalClosed();
  }
}
