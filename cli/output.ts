const UTF8 = new TextEncoder();

/** Writes all of `text` synchronously; exits quietly when the reader has closed the pipe (`| head`). */
export function writeOut(text: string): void {
  writeAll(Deno.stdout, UTF8.encode(text));
}

/** Like {@linkcode writeOut}, to stderr. */
export function writeError(text: string): void {
  writeAll(Deno.stderr, UTF8.encode(text));
}

/** Like {@linkcode writeOut}, for bytes. */
export function writeBytes(bytes: Uint8Array): void {
  writeAll(Deno.stdout, bytes);
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  try {
    for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(0);
    throw error;
  }
}
