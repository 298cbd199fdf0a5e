import { Buffer } from "node:buffer";
import { StorageError } from "@ssmd/runtime";

const FLUSH_BYTES = 256 * 1024;
const FLUSH_MS = 20;
const ENCODER = new TextEncoder();

/**
 * Log of every sent frame, one line each, in sending order: `{"c":1,"m":<frame>}`, or
 * `{"c":1,"x":"<base64>"}` for text that is not JSON. Written in batches.
 */
export class SentFrameLog {
  #file: Deno.FsFile;
  #path: string;
  #text = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Opens `path` for appending. Throws StorageError `LEDGER_OPEN`. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = Deno.openSync(path, { create: true, append: true });
    } catch (cause) {
      throw new StorageError("LEDGER_OPEN", `The ledger ${path} cannot be opened`, {
        cause,
        context: { path },
        hint: "Give a file in a folder that exists and may be written",
      });
    }
  }

  /** Logs a JSON frame. */
  json(connection: number, frame: string): void {
    this.#add(`{"c":${connection},"m":${frame}}\n`);
  }

  /** Logs any other frame. */
  bytes(connection: number, frame: string | Uint8Array): void {
    const data = typeof frame === "string" ? ENCODER.encode(frame) : frame;
    this.#add(`{"c":${connection},"x":"${Buffer.from(data).toString("base64")}"}\n`);
  }

  #add(line: string): void {
    this.#text += line;
    if (this.#text.length > FLUSH_BYTES) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  /** Writes buffered lines. Throws StorageError `LEDGER_WRITE`. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const bytes = ENCODER.encode(this.#text);
    this.#text = "";
    try {
      for (let at = 0; at < bytes.length;) at += this.#file.writeSync(bytes.subarray(at));
    } catch (cause) {
      throw new StorageError("LEDGER_WRITE", `The ledger ${this.#path} cannot be written`, {
        cause,
        context: { path: this.#path },
        hint: "Free some space or leave the ledger out",
      });
    }
  }

  /** Flushes and closes the file. */
  close(): void {
    this.flush();
    this.#file.close();
  }
}
