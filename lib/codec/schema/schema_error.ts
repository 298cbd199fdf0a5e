import { CodecError, type SsmdErrorOptions } from "@ssmd/runtime/errors";

/** A location in a schema's text. */
export interface SourceLocation {
  /** Line, from 1. */
  line: number;
  /** Column, from 1. */
  column: number;
}

/** The schema is outside the supported subset of the Cap'n Proto language. */
export class SchemaError extends CodecError {
  /** Line, from 1. */
  readonly line: number;
  /** Column, from 1. */
  readonly column: number;

  /** Creates an error with the message `file:line:column: message`. */
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
