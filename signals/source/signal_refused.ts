import { SsmdError } from "@ssmd/runtime/errors";

/** Where in a source something is. */
interface SourcePlace {
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
}

/** A source that cannot be a signal; `context` names file, line and column. */
export class SignalRefused extends SsmdError {
  readonly place: SourcePlace;

  /** Refuses what stands at a place. */
  constructor(place: SourcePlace, why: string, hint?: string) {
    super("SIGNAL_REFUSED", `${place.file}:${place.line}:${place.column}: ${why}`, {
      context: { ...place },
      ...(hint === undefined ? {} : { hint }),
    });
    this.place = place;
  }
}

/** The place of an offset in a text. */
export function placeOf(file: string, text: string, offset: number): SourcePlace {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  return { file, line, column: offset - before.lastIndexOf("\n") };
}
