import { CodecError, type SsmdErrorOptions } from "@ssmd/runtime/errors";

/** A place in a schema's text; both count from 1. */
export interface SourceLocation {
  /** Line, from 1. */
  line: number;
  /** Column, from 1. */
  column: number;
}

/** A schema is not in the part of the Cap'n Proto language that we read; says where. */
export class SchemaError extends CodecError {
  /** Line of the place, from 1. */
  readonly line: number;
  /** Column of the place, from 1. */
  readonly column: number;

  /** Makes an error that reads `file:line:column: message`. */
  constructor(
    file: string,
    location: SourceLocation,
    { message, options = {} }: { message: string; options?: SsmdErrorOptions | undefined },
  ) {
    super(
      "CODEC_SCHEMA_INVALID",
      `${file}:${location.line}:${location.column}: ${message}`,
      options,
    );
    this.line = location.line;
    this.column = location.column;
  }
}
