import type { MarketEvent } from "@ssmd/market";
import type { StateReader, StateWriter } from "../builders/state_bytes.ts";

/** Maximum remembered connections; a bus redelivers nothing older. */
const CONNECTIONS_MAX = 256;

/** Detects repeated records by run, connection and sequence. */
export class RecordDedupe {
  #lastSequences = new Map<string, { sequence: number }>();
  /** Connection of the previous record; most records share it. */
  #recent = { feed: "", run: 0, connection: 0, last: { sequence: Infinity } };

  /** Returns whether this or a later sequence of its connection was seen; notes it if not. */
  isRepeated({ feed, run, connection, sequence }: MarketEvent): boolean {
    if (run === undefined || connection === undefined || sequence === 0) return false;
    const recent = this.#recent;
    if (recent.connection !== connection || recent.run !== run || recent.feed !== feed) {
      this.#recent = {
        feed,
        run,
        connection,
        last: this.#lastOf(`${feed}\n${run}\n${connection}`),
      };
    }
    const { last } = this.#recent;
    if (sequence <= last.sequence) return true;
    last.sequence = sequence;
    return false;
  }

  #lastOf(key: string): { sequence: number } {
    const known = this.#lastSequences.get(key);
    if (known !== undefined) return known;
    if (this.#lastSequences.size >= CONNECTIONS_MAX) {
      this.#lastSequences.delete(this.#lastSequences.keys().next().value ?? "");
    }
    const last = { sequence: 0 };
    this.#lastSequences.set(key, last);
    return last;
  }

  /** Writes the seen sequences. */
  write(to: StateWriter): void {
    to.number(this.#lastSequences.size);
    for (const [key, { sequence }] of this.#lastSequences) to.text(key).number(sequence);
  }

  /** Restores the seen sequences. */
  read(from: StateReader): void {
    this.#lastSequences.clear();
    for (let left = from.number(); left > 0; left--) {
      this.#lastSequences.set(from.text(), { sequence: from.number() });
    }
  }
}
