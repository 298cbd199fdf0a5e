/** One version of an object kept by a bucket. */
export interface ObjectVersion {
  /** Object key. */
  key: string;
  /** Version id of the server; `null` for objects put while versioning was off. */
  version: string;
  /** Size in bytes; 0 for a deletion. */
  size: number;
  /** Time of the put, ms since 1970. */
  modifiedAtMs: number;
  /** Whether reads return it. */
  isLatest: boolean;
  /** Whether it is a delete marker. */
  isDeletion: boolean;
}

/** Whether a bucket keeps overwritten and deleted objects. */
type VersioningState = "enabled" | "suspended" | "off";

/** Versioning state of a bucket. */
export interface BucketVersioning {
  /** Location for people (`s3://bucket`). */
  location: string;
  state: VersioningState;
}

/**
 * Object versions, if a storage keeps them. Throws StorageError `NOT_FOUND` for a missing version,
 * `STORAGE_UNSUPPORTED` when the server has no versioning.
 */
export interface ObjectVersions {
  /** Returns the state of each bucket. */
  states(): Promise<BucketVersioning[]>;
  /** Enables or suspends versioning in each bucket; existing versions are kept. */
  enable(isEnabled: boolean): Promise<void>;
  /** Lists versions of objects whose key starts with `prefix`, by key, newest first. */
  list(prefix: string): AsyncIterable<ObjectVersion>;
  /** Copies an older version to a new latest one; nothing is lost. */
  restore(version: Pick<ObjectVersion, "key" | "version" | "size">): Promise<void>;
  /** Deletes one version permanently; deleting a delete marker restores the object. */
  remove(version: Pick<ObjectVersion, "key" | "version">): Promise<void>;
}
