/** Name of a registered version. */
export type SchemaVersionName = `v${number}`;

/** Registered schema of a record type. */
export interface RecordSchema {
  /** Name of the root struct, for `capnp decode`. */
  name: string;
  /** Registered version. */
  version: SchemaVersionName;
  /** The schema file's 64-bit id, hex. */
  id: string;
  /** SHA-256 of the schema file's bytes, hex. */
  sha256: string;
  /** The schema file's text. */
  text: string;
}
