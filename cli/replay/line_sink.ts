import { jsonPrefix, recordJson } from "@ssmd/codec";
import type { MarketEvent } from "@ssmd/market";
import { writeOut } from "../output.ts";
import type { ReplaySink } from "@ssmd/dataset/replay";

/** Text that is gathered before it is written. */
const WRITE_CHARS = 256 * 1024;
/** Markets whose head is remembered; beyond it all are made anew. */
const HEADS_MAX = 100_000;

/** Records as lines of JSON, in the shape in which the gateway sends them. */
export class LineSink implements ReplaySink {
  #text = "";
  #heads = new Map<string, string>();
  #write: (text: string) => void;

  /** Writes to stdout, or with `write`. */
  constructor(write: (text: string) => void = writeOut) {
    this.#write = write;
  }

  write(batch: readonly MarketEvent[], start: number, end: number): undefined {
    for (let i = start; i < end; i++) {
      const event = batch[i] as MarketEvent;
      this.#text += recordJson(event, this.#headOf(event)) + "\n";
      if (this.#text.length >= WRITE_CHARS) this.flush();
    }
  }

  flush(): undefined {
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    this.#write(text);
  }

  #headOf({ symbol, feed }: MarketEvent): string {
    let head = this.#heads.get(symbol);
    if (head === undefined) {
      if (this.#heads.size >= HEADS_MAX) this.#heads.clear();
      // One feed is replayed at a time.
      head = jsonPrefix(symbol, feed);
      this.#heads.set(symbol, head);
    }
    return head;
  }
}
