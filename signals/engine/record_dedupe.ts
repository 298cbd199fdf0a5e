import type { MarketEvent } from "@ssmd/market";
import type { StateReader, StateWriter } from "../builders/state_bytes.ts";

/** Connections that are remembered; a bus gives nothing again of those before. */
const CONNECTIONS_MAX = 256;

/** Knows a record that comes again by its run, connection and sequence. */
export class RecordDedupe {
  #lastSequences = new Map<string, { sequence: number }>();
  /** The connection of the record before: most records are of the same. */
  #recent = { feed: "", run: 0, connection: 0, last: { sequence: Infinity } };

  /** Whether a record of its connection with this or a later sequence was seen; notes it if not. */
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

  /** Writes what was seen. */
  write(to: StateWriter): void {
    to.number(this.#lastSequences.size);
    for (const [key, { sequence }] of this.#lastSequences) to.text(key).number(sequence);
  }

  /** Takes over what was seen. */
  read(from: StateReader): void {
    this.#lastSequences.clear();
    for (let left = from.number(); left > 0; left--) {
      this.#lastSequences.set(from.text(), { sequence: from.number() });
    }
  }
}
