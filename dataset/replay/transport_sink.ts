import { Encoder } from "@ssmd/codec";
import { type MarketEvent, subjectOf } from "@ssmd/market";
import type { Publisher, Transport } from "@ssmd/transport";
import type { ReplaySink } from "./sink.ts";

/** Maximum cached subjects; beyond it the cache is cleared. */
const SUBJECTS_MAX = 100_000;

/** Republishes records under another environment's name. */
export class TransportSink implements ReplaySink {
  #publisher: Publisher;
  #env: string;
  #run: string;
  #encoder = new Encoder();
  #subjects = new Map<string, string>();
  #count = 0;

  /** `run` prefixes message ids, so another replay of the same records is not deduplicated. */
  constructor(transport: Transport, env: string, run: string) {
    this.#publisher = transport.publisher();
    this.#env = env;
    this.#run = run;
  }

  write(batch: readonly MarketEvent[], start: number, end: number): Promise<void> | undefined {
    for (let i = start; i < end; i++) {
      if (this.#publisher.full) return this.#rest(batch, i, end);
      this.#publish(batch[i] as MarketEvent);
    }
    return undefined;
  }

  async #rest(batch: readonly MarketEvent[], start: number, end: number): Promise<void> {
    for (let i = start; i < end; i++) {
      if (this.#publisher.full) await this.#publisher.ready();
      this.#publish(batch[i] as MarketEvent);
    }
  }

  #publish(event: MarketEvent): void {
    this.#publisher.publish({
      subject: this.#subjectOf(event),
      payload: this.#encoder.encode(event),
      id: `${this.#run}-${++this.#count}-0`,
    });
  }

  #subjectOf({ feed, type, symbol }: MarketEvent): string {
    const name = `${type} ${symbol}`;
    let subject = this.#subjects.get(name);
    if (subject === undefined) {
      if (this.#subjects.size >= SUBJECTS_MAX) this.#subjects.clear();
      subject = subjectOf(this.#env, feed, type, symbol);
      this.#subjects.set(name, subject);
    }
    return subject;
  }

  /** No-op: the publisher sends by itself. */
  flush(): undefined {}

  /** Flushes and closes the publisher. */
  async close(): Promise<void> {
    await this.#publisher.flush();
    await this.#publisher.close();
  }
}
