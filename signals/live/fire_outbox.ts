import { Encoder } from "@ssmd/codec";
import { type Fire, fireSubject } from "@ssmd/market";
import type { Publisher, Transport } from "@ssmd/transport";

/** Publishes fires, each once: what the bus or the archive has from before a restart is left out. */
export class FireOutbox {
  #env: string;
  #publisher: Publisher;
  #encoder = new Encoder();
  #known: Set<string>;
  /** Fires published. */
  count = 0;
  /** Fires that came once more, as after a restart. */
  repeated = 0;

  /** `known` are the ids of fires that are told already. */
  constructor(env: string, transport: Transport, known: Set<string>) {
    this.#env = env;
    this.#publisher = transport.publisher();
    this.#known = known;
  }

  /** Publishes; resolves when the bus has them. */
  async publish(fires: readonly Fire[]): Promise<Fire[]> {
    const fresh = fires.filter(({ id }) => !this.#known.delete(id));
    this.repeated += fires.length - fresh.length;
    for (const fire of fresh) {
      if (this.#publisher.full) await this.#publisher.ready();
      this.#publisher.publish({
        subject: fireSubject(this.#env, fire.signal),
        payload: this.#encoder.encode(fire),
        id: fire.id,
      });
    }
    if (fresh.length > 0) await this.#publisher.flush();
    this.count += fresh.length;
    return fresh;
  }

  /** Ends it. */
  async close(): Promise<void> {
    await this.#publisher.close();
  }
}
