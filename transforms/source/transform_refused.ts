import { SsmdError } from "@ssmd/runtime/errors";

/** A file that may not be a transform; the message has file, line and column where known. */
export class TransformRefused extends SsmdError {
  /** Creates the error for an offset in a text; undefined for the whole file. */
  constructor(file: { name: string; text: string; offset?: number }, why: string, hint?: string) {
    const { name, text, offset } = file;
    const before = text.slice(0, offset ?? 0);
    const line = before.split("\n").length;
    const at = offset === undefined ? name : `${name}:${line}:${offset - before.lastIndexOf("\n")}`;
    super("TRANSFORM_REFUSED", `${at}: ${why}`, { hint: hint ?? HINT });
  }
}

const HINT = "docs/transforms.md shows a transform in Lua and one in TypeScript";
