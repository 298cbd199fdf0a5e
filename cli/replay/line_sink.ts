import { jsonPrefix, recordJson } from "@ssmd/codec";
import type { MarketEvent } from "@ssmd/market";
import { writeOut } from "../output.ts";
import type { ReplaySink } from "@ssmd/dataset/replay";

/** Text that is gathered before it is written. */
const WRITE_CHARS = 256 * 1024;
/** Markets whose head is remembered; beyond it all are made anew. */
const PREFIXES_MAX = 100_000;

/** Records as lines of JSON, in the shape in which the gateway sends them. */
export class LineSink implements ReplaySink {
  #text = "";
  #prefixes = new Map<string, string>();
  #write: (text: string) => void;

  /** Writes to stdout, or with `write`. */
  constructor(write: (text: string) => void = writeOut) {
    this.#write = write;
  }

  write(batch: readonly MarketEvent[], start: number, end: number): undefined {
    for (let i = start; i < end; i++) {
      const event = batch[i] as MarketEvent;
      this.#text += recordJson(event, this.#prefixOf(event)) + "\n";
      if (this.#text.length >= WRITE_CHARS) this.flush();
    }
  }

  flush(): undefined {
    if (this.#text === "") return;
    const text = this.#text;
    this.#text = "";
    this.#write(text);
  }

  #prefixOf({ symbol, feed }: MarketEvent): string {
    let prefix = this.#prefixes.get(symbol);
    if (prefix === undefined) {
      if (this.#prefixes.size >= PREFIXES_MAX) this.#prefixes.clear();
      // One feed is replayed at a time.
      prefix = jsonPrefix(symbol, feed);
      this.#prefixes.set(symbol, prefix);
    }
    return prefix;
  }
}
