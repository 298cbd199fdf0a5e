/** One of the versions that a bucket keeps of an object. */
export interface ObjectVersion {
  /** Of the object. */
  key: string;
  /** The server's name of the version; `null` for what was put while versioning was off. */
  version: string;
  /** In bytes; 0 for a deletion. */
  size: number;
  /** When it was put, in milliseconds since 1970. */
  modifiedAtMs: number;
  /** Whether it is what reads give now. */
  isLatest: boolean;
  /** Whether it says that the object was deleted then. */
  isDeletion: boolean;
}

/** Whether a bucket keeps what is written over or deleted. */
type VersioningState = "enabled" | "suspended" | "off";

/** A bucket and whether it keeps versions. */
export interface BucketVersioning {
  /** Where it is, for a person (`s3://bucket`). */
  location: string;
  state: VersioningState;
}

/**
 * Versions of objects, where a storage can keep them. Throws StorageError `NOT_FOUND` for a version
 * that is not there, `STORAGE_UNSUPPORTED` where the server knows no versions.
 */
export interface ObjectVersions {
  /** Of each bucket. */
  states(): Promise<BucketVersioning[]>;
  /** Lets each bucket keep versions from now on, or no more of them; those that are there stay. */
  enable(isEnabled: boolean): Promise<void>;
  /** Of all objects whose key starts with `prefix`: by key, newest first. */
  list(prefix: string): AsyncIterable<ObjectVersion>;
  /** Puts an older version as the newest one; nothing is lost by it. */
  restore(version: Pick<ObjectVersion, "key" | "version" | "size">): Promise<void>;
  /** Removes one version for good; that of a deletion brings the object back. */
  remove(version: Pick<ObjectVersion, "key" | "version">): Promise<void>;
}
