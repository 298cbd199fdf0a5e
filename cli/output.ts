import { outputErrorOf } from "@ssmd/runtime/output_error";

const UTF8 = new TextEncoder();

/**
 * Writes all of `text` synchronously; exits quietly when the reader has closed the pipe (`| head`).
 * Throws StorageError as `outputErrorOf`: the file that a shell redirects to may be full.
 */
export function writeOut(text: string): void {
  writeAll("stdout", UTF8.encode(text));
}

/** Like {@linkcode writeOut}, to stderr. */
export function writeError(text: string): void {
  writeAll("stderr", UTF8.encode(text));
}

/** Like {@linkcode writeOut}, for bytes. */
export function writeBytes(bytes: Uint8Array): void {
  writeAll("stdout", bytes);
}

function writeAll(name: "stdout" | "stderr", bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length;) at += Deno[name].writeSync(bytes.subarray(at));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(0);
    throw outputErrorOf(error, name);
  }
}
