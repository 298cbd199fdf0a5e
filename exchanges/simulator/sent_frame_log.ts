import { Buffer } from "node:buffer";
import { StorageError } from "@ssmd/runtime";

const FLUSH_BYTES = 256 * 1024;
const FLUSH_MS = 20;
const ENCODER = new TextEncoder();

/**
 * Every frame that was sent, one line each, in the order of sending: `{"c":1,"m":<frame>}`, for a
 * text that is no JSON `{"c":1,"x":"<base64>"}`. Written in groups.
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

  /** Notes a frame of JSON. */
  json(connection: number, frame: string): void {
    this.#add(`{"c":${connection},"m":${frame}}\n`);
  }

  /** Notes anything else. */
  bytes(connection: number, frame: string | Uint8Array): void {
    const data = typeof frame === "string" ? ENCODER.encode(frame) : frame;
    this.#add(`{"c":${connection},"x":"${Buffer.from(data).toString("base64")}"}\n`);
  }

  #add(line: string): void {
    this.#text += line;
    if (this.#text.length > FLUSH_BYTES) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS);
  }

  /** Writes what is waiting. Throws StorageError `LEDGER_WRITE`. */
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

  /** Writes the rest and closes the file. */
  close(): void {
    this.flush();
    this.#file.close();
  }
}
