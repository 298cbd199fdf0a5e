import { HEAD_BYTES, headOf, jsonFrame } from "./frames.ts";

/** Maximum size of a frame to a host. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024;

interface ServeOptions {
  failed: number;
  passing?: number;
  textOf: (thrown: unknown) => string;
}

/** Pipe of a sandboxed process, seen from inside; fully synchronous. */
export class HostPipe {
  readonly #readSync: (into: Uint8Array) => number | null;
  readonly #writeSync: (bytes: Uint8Array) => number;
  readonly #head = new Uint8Array(HEAD_BYTES);
  #passing = new Uint8Array();

  /** Binds the system calls needed, as `harden` removes them later. */
  constructor() {
    this.#readSync = Deno.stdin.readSync.bind(Deno.stdin);
    this.#writeSync = Deno.stdout.writeSync.bind(Deno.stdout);
  }

  /**
   * Answers frames until the pipe ends. If `answer` throws, sends a reply of kind `failed` with the
   * text from `textOf`. Bodies of kind `passing` are only valid until they are answered.
   */
  serve(
    answer: (kind: number, body: Uint8Array) => Uint8Array,
    { failed, passing, textOf }: ServeOptions,
  ): void {
    for (;;) {
      const head = this.#read(this.#head);
      if (head === undefined) return;
      const { length, kind } = headOf(head);
      if (length > FRAME_BYTES_MAX) throw new RangeError(`a frame of ${length} bytes`);
      const body = this.#read(kind === passing ? this.#room(length) : new Uint8Array(length));
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

  /** Memory for a passing body: new memory is slow, as the system zeroes it. */
  #room(length: number): Uint8Array {
    if (this.#passing.length < length) this.#passing = new Uint8Array(length);
    return this.#passing.subarray(0, length);
  }

  /** Fills the bytes; undefined at the end of the pipe. */
  #read(bytes: Uint8Array): Uint8Array | undefined {
    for (let filled = 0; filled < bytes.length;) {
      const read = this.#readSync(bytes.subarray(filled));
      if (read === null) return undefined;
      filled += read;
    }
    return bytes;
  }
}
