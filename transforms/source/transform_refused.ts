import { SsmdError } from "@ssmd/runtime/errors";

/** A file that cannot be a transform; the sentence names file, line and column where it can. */
export class TransformRefused extends SsmdError {
  /** Refuses what stands at an offset of a text; undefined = all of it. */
  constructor(file: { name: string; text: string; offset?: number }, why: string, hint?: string) {
    const { name, text, offset } = file;
    const before = text.slice(0, offset ?? 0);
    const line = before.split("\n").length;
    const at = offset === undefined ? name : `${name}:${line}:${offset - before.lastIndexOf("\n")}`;
    super("TRANSFORM_REFUSED", `${at}: ${why}`, { hint: hint ?? HINT });
  }
}

const HINT = "docs/transforms.md shows a transform in Lua and one in TypeScript";
