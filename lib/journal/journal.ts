/** A value that JSON can hold. */
type JsonValue = string | number | boolean | null | JsonValue[] | JsonRecord;

/** What is recorded: a map that JSON can hold. */
export interface JsonRecord {
  /** A field by its name. */
  [field: string]: JsonValue;
}

/** A record as it stands in the journal. */
export interface JournalEntry {
  /** 1, 2, 3, … over all topics of the journal; never given twice. */
  position: number;
  /** What it is about, `audit.keys`. */
  topic: string;
  /** When it was appended, microseconds since 1970. */
  atUs: number;
  /** What was given to append. */
  record: JsonRecord;
}

/** Operations in the order in which they happened; what is appended is never changed. */
export interface Journal {
  /**
   * Appends a record and resolves with its position when it is durable, in the order of the calls.
   * Throws JournalError `JOURNAL_TOPIC_INVALID`, `JOURNAL_RECORD_TOO_LARGE`, `JOURNAL_BUSY` (more
   * than {@linkcode PENDING_MAX} wait), `JOURNAL_FULL`, `JOURNAL_FAILED` or `JOURNAL_CLOSED`; then
   * the record is not in the journal, and its position is given to the next.
   */
  append(topic: string, record: JsonRecord): Promise<number>;
  /**
   * The durable records of a topic from a position on, oldest first; ends with the last record that
   * was there when the reading began. Throws `JOURNAL_DAMAGED` where bytes were changed.
   */
  read(topic: string, fromPosition?: number): AsyncIterable<JournalEntry>;
  /** Waits for what is under way; append and read are refused afterwards. Twice is harmless. */
  close(): Promise<void>;
}

/** Largest record, as JSON text in UTF-8. */
export const RECORD_BYTES_MAX = 1024 * 1024;

/** Appends that may wait at a time; more are refused with `JOURNAL_BUSY`. */
export const PENDING_MAX = 10_000;
