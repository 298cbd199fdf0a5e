import type { ObjectVersions } from "./versions.ts";

/** An object in storage. */
export interface StoredObject {
  /** Its name in the storage. */
  key: string;
  /** Its length in bytes. */
  size: number;
  /** When it was put, in milliseconds since 1970. */
  modifiedAtMs: number;
}

/** A lock that this process holds. */
export interface StorageLock {
  release(): void;
}

/**
 * Objects under keys with `/` between the parts; no key begins or ends with `/` or has `..`.
 * Promises: an object is visible whole or not at all, also after kill -9 or power loss, once `put`
 * resolved it is durable; `list` is sorted by key (code units); an absent key is `StorageError`
 * with code `NOT_FOUND` in get and getRange, undefined in head, no error in delete.
 * A full disk is `STORAGE_FULL`, a refused write `STORAGE_READ_ONLY`; both leave the old object as it was.
 */
export interface Storage {
  /** Which driver it is. */
  readonly type: "memory" | "local" | "s3";
  /** Where it is, for a person (`/srv/data`, `s3://bucket`). */
  readonly location: string;
  /** Writes or replaces an object; durable once resolved. */
  put(key: string, data: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Writes an object unless there is one, also against other writers; true = it was written.
   * Absent where a driver cannot. Throws StorageError `STORAGE_UNSUPPORTED` where its server cannot.
   */
  putIfAbsent?(key: string, data: Uint8Array): Promise<boolean>;
  /**
   * Writes an object when it still is what the caller saw (undefined = there is none), also against
   * other writers; false = it is another by now and stays. Throws as `putIfAbsent`.
   */
  replace?(key: string, data: Uint8Array, seen: Uint8Array | undefined): Promise<boolean>;
  /**
   * Locks a name for this process until it is released or the process ends. Gives what the holder
   * called itself when another one has it. Absent where a driver cannot know that a holder ended.
   */
  lock?(name: string, holder: string): Promise<StorageLock | { heldBy: string }>;
  /** All bytes of an object. */
  get(key: string): Promise<Uint8Array>;
  /** Bytes [start, end); cut at the object's end. */
  getRange(key: string, start: number, end: number): Promise<Uint8Array>;
  /** Size and time of an object without its bytes. */
  head(key: string): Promise<StoredObject | undefined>;
  /** All objects whose key starts with `prefix`. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Removes an object, if there is one. */
  delete(key: string): Promise<void>;
  /** Versions of its objects; absent where a driver keeps none. */
  readonly versions?: ObjectVersions;
  /** Ends what was opened here. */
  close(): Promise<void>;
}
