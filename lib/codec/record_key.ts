import { readCount, readTimeUs } from "./fields.ts";
import { MessageReader } from "./message_reader.ts";

/**
 * Reads only the sort key of a message; the schemas place its three fields equally for every type.
 * `read` stores them in the properties.
 */
export class RecordKeyReader {
  /** Our market symbol. */
  symbol = "";
  /** Receive time of the frame, µs. */
  receivedAtUs = 0;
  /** Sequence of the record in its connection. */
  sequence = 0;
  #reader = new MessageReader();

  /** Reads a message. Throws CodecError unless it is whole. */
  read(message: Uint8Array): void {
    const reader = this.#reader;
    reader.open(message);
    const { view, dataAt, dataEnd } = reader;
    this.receivedAtUs = readTimeUs(view, dataAt + 8, dataEnd);
    this.sequence = readCount(view, dataAt + 16, dataEnd);
    this.symbol = reader.text(0);
  }
}
