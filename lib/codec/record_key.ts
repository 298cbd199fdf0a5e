import { readCount, readTimeUs } from "./fields.ts";
import { MessageReader } from "./message_reader.ts";

/**
 * Reads of a message no more than what records are put in order by; the schemas have these three
 * at the same place for every type. After `read` they stand in the fields.
 */
export class RecordKeyReader {
  /** Our name of the market. */
  symbol = "";
  /** When the frame arrived, µs. */
  receivedAtUs = 0;
  /** The record's number in its connection. */
  sequence = 0;
  #reader = new MessageReader();

  /** Throws CodecError for bytes that are no whole message. */
  read(message: Uint8Array): void {
    const reader = this.#reader;
    reader.open(message);
    const { view, dataAt, dataEnd } = reader;
    this.receivedAtUs = readTimeUs(view, dataAt + 8, dataEnd);
    this.sequence = readCount(view, dataAt + 16, dataEnd);
    this.symbol = reader.text(0);
  }
}
