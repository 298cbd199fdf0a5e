/** An object in storage. */
export interface StoredObject {
  key: string;
  size: number;
  modifiedAtMs: number;
}

/**
 * Objects under keys with `/` between the parts; no key begins or ends with `/` or has `..`.
 * Promises: an object is visible whole or not at all, also after kill -9 or power loss, once `put`
 * resolved it is durable; `list` is sorted by key (code units); an absent key is `StorageError`
 * with code `NOT_FOUND` in get and getRange, undefined in head, no error in delete.
 * A full disk is `STORAGE_FULL`, a refused write `STORAGE_READ_ONLY`; both leave the old object as it was.
 */
export interface Storage {
  readonly type: "memory" | "local" | "s3";
  /** Where it is, for a person (`/srv/data`, `s3://bucket`). */
  readonly location: string;
  put(key: string, data: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  get(key: string): Promise<Uint8Array>;
  /** Bytes [start, end); cut at the object's end. */
  getRange(key: string, start: number, end: number): Promise<Uint8Array>;
  head(key: string): Promise<StoredObject | undefined>;
  /** All objects whose key starts with `prefix`. */
  list(prefix: string): AsyncIterable<StoredObject>;
  delete(key: string): Promise<void>;
  close(): Promise<void>;
}
