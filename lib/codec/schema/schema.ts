import type { SourceLocation } from "./schema_error.ts";

/** Bits that a scalar takes in the data section; the scalars that we read. */
export const SCALAR_BITS = {
  Bool: 1,
  Int8: 8,
  Int16: 16,
  Int32: 32,
  Int64: 64,
  UInt8: 8,
  UInt16: 16,
  UInt32: 32,
  UInt64: 64,
  Float32: 32,
  Float64: 64,
} as const;

/** A scalar type of the language. */
export type ScalarName = keyof typeof SCALAR_BITS;

/** The type of a field; enums and structs by their name in the same file. */
export type FieldType =
  | { kind: "scalar"; name: ScalarName }
  | { kind: "text" }
  | { kind: "enum"; name: string }
  | { kind: "struct"; name: string }
  | { kind: "list"; of: FieldType };

/** A default: integers as bigint, floats as number, an enum's as the name of the value. */
export type DefaultValue = bigint | number | boolean | string;

/** A field as it is declared. */
export interface FieldDeclaration {
  /** The name in the schema. */
  name: string;
  /** The number after `@`. */
  ordinal: number;
  /** What it holds. */
  type: FieldType;
  /** The declared default; undefined = the type's zero. */
  default: DefaultValue | undefined;
  /** Where the name stands. */
  location: SourceLocation;
}

/** A struct: its fields by ordinal. */
export interface StructDeclaration {
  /** The name in the schema. */
  name: string;
  /** In the order of their ordinals. */
  fields: FieldDeclaration[];
}

/** An enum: its names by ordinal. */
export interface EnumDeclaration {
  /** The name in the schema. */
  name: string;
  /** Index = ordinal = number on the wire. */
  values: string[];
}

/** A parsed file. */
export interface Schema {
  /** The file's name for messages. */
  file: string;
  /** The 64-bit id, 16 hex digits. */
  id: string;
  /** In the order of the file. */
  enums: EnumDeclaration[];
  /** In the order of the file. */
  structs: StructDeclaration[];
}
