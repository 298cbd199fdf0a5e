import type { SourceLocation } from "./schema_error.ts";

/** Supported scalars, with their bits in the data section. */
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

/** Type of a field; enums and structs by their name in the same file. */
export type FieldType =
  | { kind: "scalar"; name: ScalarName }
  | { kind: "text" }
  | { kind: "enum"; name: string }
  | { kind: "struct"; name: string }
  | { kind: "list"; of: FieldType };

/** A default: integers as bigint, floats as number, enum values by name. */
export type DefaultValue = bigint | number | boolean | string;

/** A declared field. */
export interface FieldDeclaration {
  name: string;
  /** Number after `@`. */
  ordinal: number;
  /** Type of the value. */
  type: FieldType;
  /** Declared default; undefined = the type's zero. */
  default: DefaultValue | undefined;
  /** Location of the name. */
  location: SourceLocation;
}

/** A struct: its fields by ordinal. */
export interface StructDeclaration {
  name: string;
  /** Ordered by ordinal. */
  fields: FieldDeclaration[];
}

/** An enum: its names by ordinal. */
export interface EnumDeclaration {
  name: string;
  /** Index = ordinal = number on the wire. */
  values: string[];
}

/** A parsed file. */
export interface Schema {
  /** File name for messages. */
  file: string;
  /** 64-bit id, 16 hex digits. */
  id: string;
  /** In file order. */
  enums: EnumDeclaration[];
  /** In file order. */
  structs: StructDeclaration[];
}
