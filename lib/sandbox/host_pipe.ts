import { HEAD_BYTES, headOf, jsonFrame } from "./frames.ts";

/** Maximum size of a frame to a host. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024;

/** Pipe of a sandboxed process, seen from inside; fully synchronous. */
export class HostPipe {
  readonly #readSync: (into: Uint8Array) => number | null;
  readonly #writeSync: (bytes: Uint8Array) => number;

  /** Binds the system calls needed, as `harden` removes them later. */
  constructor() {
    this.#readSync = Deno.stdin.readSync.bind(Deno.stdin);
    this.#writeSync = Deno.stdout.writeSync.bind(Deno.stdout);
  }

  /**
   * Answers frames until the pipe ends. If `answer` throws, sends a reply of kind `failed` with the
   * text from `textOf`.
   */
  serve(
    answer: (kind: number, body: Uint8Array) => Uint8Array,
    { failed, textOf }: { failed: number; textOf: (thrown: unknown) => string },
  ): void {
    for (;;) {
      const head = this.#read(HEAD_BYTES);
      if (head === undefined) return;
      const { length, kind } = headOf(head);
      if (length > FRAME_BYTES_MAX) throw new RangeError(`a frame of ${length} bytes`);
      const body = this.#read(length);
      if (body === undefined) return;
      try {
        this.write(answer(kind, body));
      } catch (error) {
        this.write(jsonFrame(failed, { message: textOf(error) }));
      }
    }
  }

  /** Writes a whole frame. */
  write(bytes: Uint8Array): void {
    for (let written = 0; written < bytes.length;) {
      written += this.#writeSync(bytes.subarray(written));
    }
  }

  #read(length: number): Uint8Array | undefined {
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      const read = this.#readSync(bytes.subarray(filled));
      if (read === null) return undefined;
      filled += read;
    }
    return bytes;
  }
}
