import { SsmdError } from "@ssmd/runtime/errors";

/** Position in a source. */
interface SourceLocation {
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
}

/** A source that may not be a signal; `context` holds file, line and column. */
export class SignalRefused extends SsmdError {
  readonly location: SourceLocation;

  /** Creates the error for a source location. */
  constructor(location: SourceLocation, why: string, hint?: string) {
    super("SIGNAL_REFUSED", `${location.file}:${location.line}:${location.column}: ${why}`, {
      context: { ...location },
      ...(hint === undefined ? {} : { hint }),
    });
    this.location = location;
  }
}

/** Returns the location of an offset in a text. */
export function locationOf(file: string, text: string, offset: number): SourceLocation {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { file, line, column: offset - before.lastIndexOf("\n") };
}
