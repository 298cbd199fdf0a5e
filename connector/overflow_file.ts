import { systemCodeOf } from "@ssmd/runtime";
import type { OutMessage } from "@ssmd/transport";

const WRITE_BYTES = 256 * 1024;
const READ_BYTES = 256 * 1024;
/** Room for a message behind WRITE_BYTES; a larger one grows the buffer. */
const ROOM_BYTES = 4 * 1024;
const HEADER_BYTES = 12;
/** Most UTF-8 bytes per UTF-16 code unit. */
const CHARACTER_BYTES_MAX = 3;
/** Flag in the id's length: the message is late. */
const LATE_BIT = 0x8000_0000;
const OPEN_OPTIONS = { read: true, write: true, create: true, truncate: true } as const;
const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();

/**
 * FIFO file of messages that wait for the bus. It need not survive a crash, as its content can be
 * derived from the spool again.
 */
export class OverflowFile {
  #path: string;
  #file: Deno.FsFile | undefined;
  /** Encoded messages not written to the file yet; allocated on first use. */
  #tail = new Uint8Array(0);
  #tailBytes = 0;
  #readOffset = 0;
  #writeOffset = 0;
  #messages = 0;

  /** The file at `path` is created with the first message and replaces an old one. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Removes a killed process's file; the caller must hold the spool's lock. */
  clear(): void {
    try {
      Deno.removeSync(this.#path);
    } catch (error) {
      if (systemCodeOf(error) !== "ENOENT") throw error;
    }
  }

  /** Number of messages. */
  get length(): number {
    return this.#messages;
  }

  /** Appends a message. */
  push({ subject, id, payload, late }: OutMessage): void {
    const start = this.#tailBytes;
    const subjectAt = start + HEADER_BYTES;
    const textBytes = (subject.length + id.length) * CHARACTER_BYTES_MAX;
    this.#reserve(subjectAt + textBytes + payload.length);
    const idAt = subjectAt + this.#putText(subject, subjectAt);
    const payloadAt = idAt + this.#putText(id, idAt);
    this.#tail.set(payload, payloadAt);
    this.#tailBytes = payloadAt + payload.length;
    const view = new DataView(this.#tail.buffer, start, HEADER_BYTES);
    view.setUint32(0, this.#tailBytes - start);
    view.setUint32(4, idAt - subjectAt);
    view.setUint32(8, payloadAt - idAt + (late === true ? LATE_BIT : 0));
    this.#messages++;
    if (this.#tailBytes >= WRITE_BYTES) this.#writeTail();
  }

  /** Removes and returns the oldest messages, about 256 KiB; empty when there are none. */
  take(): OutMessage[] {
    const messages = this.#readOffset < this.#writeOffset ? this.#takeFromFile() : this.#takeTail();
    this.#messages -= messages.length;
    if (this.#file && this.#readOffset === this.#writeOffset) {
      this.#readOffset = this.#writeOffset = 0;
      this.#file.truncateSync(0);
    }
    return messages;
  }

  /** Removes the file. */
  close(): void {
    this.#file?.close();
    if (this.#file) Deno.removeSync(this.#path);
    this.#file = undefined;
  }

  #takeTail(): OutMessage[] {
    const messages = parse(this.#tail.slice(0, this.#tailBytes));
    this.#tailBytes = 0;
    return messages;
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#tail.length) return;
    const room = Math.max(bytes, this.#tail.length * 2, WRITE_BYTES + ROOM_BYTES);
    const tail = new Uint8Array(room);
    tail.set(this.#tail.subarray(0, this.#tailBytes));
    this.#tail = tail;
  }

  /** Writes the text at `at` and returns its length in bytes. */
  #putText(text: string, at: number): number {
    return ENCODER.encodeInto(text, this.#tail.subarray(at)).written;
  }

  #takeFromFile(): OutMessage[] {
    const left = this.#writeOffset - this.#readOffset;
    let bytes = this.#read(Math.min(READ_BYTES, left));
    const size = new DataView(bytes.buffer).getUint32(0);
    if (size > bytes.length) bytes = this.#read(size);
    const messages = parse(bytes);
    const last = messages.at(-1)?.payload;
    if (last !== undefined) this.#readOffset += last.byteOffset + last.length;
    return messages;
  }

  /** Writes the buffered messages; keeps them in memory when the disk refuses. */
  #writeTail(): void {
    const bytes = this.#tail.subarray(0, this.#tailBytes);
    try {
      this.#file ??= Deno.openSync(this.#path, OPEN_OPTIONS);
      this.#file.seekSync(this.#writeOffset, Deno.SeekMode.Start);
      for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
    } catch {
      return;
    }
    this.#writeOffset += bytes.length;
    this.#tailBytes = 0;
  }

  #read(size: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(size);
    const file = this.#file as Deno.FsFile;
    file.seekSync(this.#readOffset, Deno.SeekMode.Start);
    let done = 0;
    while (done < size) {
      const read = file.readSync(bytes.subarray(done));
      if (read === null) break;
      done += read;
    }
    return bytes;
  }
}

/** Parses the complete messages at the start of `bytes`. */
function parse(bytes: Uint8Array<ArrayBuffer>): OutMessage[] {
  const view = new DataView(bytes.buffer);
  const messages: OutMessage[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const size = view.getUint32(at);
    if (at + size > bytes.length) break;
    const idAt = at + HEADER_BYTES + view.getUint32(at + 4);
    const idLength = view.getUint32(at + 8);
    const late = idLength >= LATE_BIT;
    const payloadAt = idAt + idLength % LATE_BIT;
    messages.push({
      subject: DECODER.decode(bytes.subarray(at + HEADER_BYTES, idAt)),
      id: DECODER.decode(bytes.subarray(idAt, payloadAt)),
      payload: bytes.subarray(payloadAt, at + size),
      ...(late ? { late } : {}),
    });
    at += size;
  }
  return messages;
}
