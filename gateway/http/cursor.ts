import { z } from "zod";
import { Problem } from "./problem.ts";

/** Returns a list position as an opaque text for a URL. */
export function cursorOf(position: unknown): string {
  return new TextEncoder().encode(JSON.stringify(position))
    .toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Returns the position in a cursor. Throws {@linkcode Problem} (400) for an invalid one. */
export function valueOfCursor<S extends z.ZodType>(cursor: string, schema: S): z.output<S> {
  try {
    const bytes = Uint8Array.fromBase64(cursor, { alphabet: "base64url" });
    const result = schema.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    if (result.success) return result.data;
  } catch {
    // Reported below: the cause does not help the caller.
  }
  throw new Problem("INVALID_CURSOR", "The cursor is none of these answers", {
    status: 400,
    hint:
      "Give next of the answer before as it came, with the same other parameters; or leave it out",
  });
}
