import type { ObjectVersions } from "./versions.ts";

/** An object in storage. */
export interface StoredObject {
  /** Object key. */
  key: string;
  /** Size in bytes. */
  size: number;
  /** Time of the put, ms since 1970. */
  modifiedAtMs: number;
}

/** A lock held by this process. */
export interface StorageLock {
  release(): void;
}

/**
 * Objects under keys with `/` between the parts; no key begins or ends with `/` or contains `..`.
 * Guarantees: puts are atomic, even on kill -9 or power loss, and durable once resolved; `list` is
 * sorted by key (code units); a missing key is `StorageError` `NOT_FOUND` in get and getRange,
 * undefined in head, and no error in delete. A full disk is `STORAGE_FULL`, a denied write
 * `STORAGE_READ_ONLY`; both leave the old object unchanged.
 */
export interface Storage {
  /** Driver type. */
  readonly type: "memory" | "local" | "s3";
  /** Location for people (`/srv/data`, `s3://bucket`). */
  readonly location: string;
  /** Writes or replaces an object; durable once resolved. */
  put(key: string, data: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /**
   * Writes an object unless one exists, safe against concurrent writers; true = written. Absent
   * when a driver cannot. Throws StorageError `STORAGE_UNSUPPORTED` when its server cannot.
   */
  putIfAbsent?(key: string, data: Uint8Array): Promise<boolean>;
  /**
   * Replaces an object if it still equals `seen` (undefined = it does not exist), safe against
   * concurrent writers; false = it changed and is kept. Throws like `putIfAbsent`.
   */
  replace?(key: string, data: Uint8Array, seen: Uint8Array | undefined): Promise<boolean>;
  /**
   * Locks a name until it is released or the process ends. Returns the current holder's name if it
   * is taken. Absent when a driver cannot detect that a holder ended.
   */
  lock?(name: string, holder: string): Promise<StorageLock | { heldBy: string }>;
  /** Returns all bytes of an object. */
  get(key: string): Promise<Uint8Array>;
  /** Returns bytes [start, end), clipped at the object's end. */
  getRange(key: string, start: number, end: number): Promise<Uint8Array>;
  /** Returns size and time of an object. */
  head(key: string): Promise<StoredObject | undefined>;
  /** Lists all objects whose key starts with `prefix`. */
  list(prefix: string): AsyncIterable<StoredObject>;
  /** Deletes an object, if it exists. */
  delete(key: string): Promise<void>;
  /** Versions of objects; absent when a driver keeps none. */
  readonly versions?: ObjectVersions;
  /** Closes connections and ends background work. */
  close(): Promise<void>;
}
