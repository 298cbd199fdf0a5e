import { jsonPrefix, recordJson } from "@ssmd/codec";
import type { MarketEvent } from "@ssmd/market";
import { writeOut } from "../output.ts";
import type { ReplaySink } from "@ssmd/dataset/replay";

/** Text buffered before a write, characters. */
const WRITE_CHARS = 256 * 1024;
/** Cached JSON prefixes; the cache is cleared when it is full. */
const PREFIXES_MAX = 100_000;

/** Sink that writes records to stdout as JSON lines, in the gateway's format. */
export class LineSink implements ReplaySink {
  #text = "";
  #prefixes = new Map<string, string>();

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
    writeOut(text);
  }

  #prefixOf({ symbol, feed }: MarketEvent): string {
    let prefix = this.#prefixes.get(symbol);
    if (prefix === undefined) {
      if (this.#prefixes.size >= PREFIXES_MAX) this.#prefixes.clear();
      // Keyed by symbol only: a replay has one feed.
      prefix = jsonPrefix(symbol, feed);
      this.#prefixes.set(symbol, prefix);
    }
    return prefix;
  }
}
