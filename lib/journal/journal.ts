/** A value that JSON can hold. */
type JsonValue = string | number | boolean | null | JsonValue[] | JsonRecord;

/** A record: a JSON object. */
export interface JsonRecord {
  /** A field by name. */
  [field: string]: JsonValue;
}

/** A record in the journal. */
export interface JournalEntry {
  /** 1, 2, 3, … across all topics of the journal; never reused. */
  position: number;
  /** Topic, `audit.keys`. */
  topic: string;
  /** Time of the append, µs since 1970. */
  atUs: number;
  /** The appended record. */
  record: JsonRecord;
}

/** Append-only log of operations, in order. */
export interface Journal {
  /**
   * Appends a record, in call order; resolves with its position once durable. Throws JournalError
   * `JOURNAL_TOPIC_INVALID`, `JOURNAL_RECORD_TOO_LARGE`, `JOURNAL_BUSY` (more than {@linkcode
   * PENDING_MAX} pending), `JOURNAL_FULL`, `JOURNAL_FAILED` or `JOURNAL_CLOSED`; the record is then
   * not in the journal and the next one gets its position.
   */
  append(topic: string, record: JsonRecord): Promise<number>;
  /**
   * Reads the durable records of a topic from a position on, oldest first, up to the last one that
   * existed at the start. Throws `JOURNAL_DAMAGED` when bytes were changed.
   */
  read(topic: string, fromPosition?: number): AsyncIterable<JournalEntry>;
  /** Waits for pending appends; append and read fail afterwards. Idempotent. */
  close(): Promise<void>;
}

/** Maximum record size as JSON in UTF-8. */
export const RECORD_BYTES_MAX = 1024 * 1024;

/** Maximum pending appends; more are rejected with `JOURNAL_BUSY`. */
export const PENDING_MAX = 10_000;
