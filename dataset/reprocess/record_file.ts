import { messageEndAt } from "@ssmd/codec";
import { ArchiveError, CodecError, messageOf } from "@ssmd/runtime";

const BLOCK_BYTES = 1024 * 1024;

/** A local file of concatenated messages; exists only while its day is made. */
export class RecordFile {
  #path: string;
  #file: Deno.FsFile;
  #block = new Uint8Array(BLOCK_BYTES);
  #used = 0;

  /** Creates the file. Throws ArchiveError `SCRATCH_FAILED`. */
  constructor(path: string) {
    this.#path = path;
    this.#file = withFileError(
      path,
      () => Deno.openSync(path, { write: true, create: true, truncate: true }),
    );
  }

  /** Appends a copy of a message. Throws ArchiveError `SCRATCH_FAILED`, also on a full disk. */
  add(message: Uint8Array): void {
    if (this.#used + message.length > this.#block.length) this.#flush(message.length);
    this.#block.set(message, this.#used);
    this.#used += message.length;
  }

  /** Flushes and closes the file; returns its path. */
  close(): string {
    try {
      this.#flush(0);
    } finally {
      this.#file.close();
    }
    return this.#path;
  }

  #flush(needed: number): void {
    const block = this.#block.subarray(0, this.#used);
    withFileError(this.#path, () => {
      for (let at = 0; at < block.length;) at += this.#file.writeSync(block.subarray(at));
    });
    this.#used = 0;
    if (needed > this.#block.length) this.#block = new Uint8Array(needed);
  }
}

/** Reads a record file's messages, block by block. Throws ArchiveError `SCRATCH_FAILED`. */
export function* messagesOfFile(path: string): Generator<Uint8Array, void, undefined> {
  const file = withFileError(path, () => Deno.openSync(path));
  try {
    let block = new Uint8Array(BLOCK_BYTES);
    let used = 0;
    for (;;) {
      if (used === block.length) {
        const longer = new Uint8Array(block.length * 2);
        longer.set(block);
        block = longer;
      }
      const read = withFileError(path, () => file.readSync(block.subarray(used)));
      if (read === null) break;
      used += read;
      const whole = block.subarray(0, used);
      let at = 0;
      for (let end = endAt(whole, at); end !== undefined; end = endAt(whole, at)) {
        yield whole.subarray(at, end);
        at = end;
      }
      block.copyWithin(0, at, used);
      used -= at;
    }
    if (used > 0) {
      throw new ArchiveError("SCRATCH_FAILED", `The temporary file ${path} ends in a record`);
    }
  } finally {
    file.close();
  }
}

/** Returns the end of the message at `at`; undefined when incomplete. */
function endAt(bytes: Uint8Array, at: number): number | undefined {
  if (bytes.length - at < 8) return undefined;
  try {
    return messageEndAt(bytes, at);
  } catch (error) {
    if (error instanceof CodecError && error.code === "CODEC_TRUNCATED") return undefined;
    throw error;
  }
}

function withFileError<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new ArchiveError(
      "SCRATCH_FAILED",
      `The temporary file ${path} cannot be used: ${messageOf(error)}`,
      {
        hint:
          "Name a folder with room with --temp; a day needs about three times its raw size there, " +
          "and three days are there at once with --parallel",
        cause: error,
        context: { path },
      },
    );
  }
}
