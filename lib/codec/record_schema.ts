/** Name of a registered version. */
export type SchemaVersionName = `v${number}`;

/** A record type's registered schema. */
export interface RecordSchema {
  /** The struct, as `capnp decode` wants it. */
  name: string;
  /** The registered version. */
  version: SchemaVersionName;
  /** The schema file's 64-bit id, hex. */
  id: string;
  /** SHA-256 of the schema file's bytes, hex. */
  sha256: string;
  /** The schema file's text. */
  text: string;
}
