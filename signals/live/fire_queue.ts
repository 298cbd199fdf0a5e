import { concat } from "@ssmd/archive";
import { decode, Encoder, messagesIn } from "@ssmd/codec";
import { type Fire, fireSubject } from "@ssmd/market";
import type { Publisher, Transport } from "@ssmd/transport";

const KEPT_MAX = 100_000;

/**
 * Publishes fires, each once: what the bus or the archive has from before a restart is left out. A bus
 * that keeps nothing may lose them before they are archived: until then they are kept for a snapshot.
 */
export class FireQueue {
  #env: string;
  #publisher: Publisher;
  #encoder = new Encoder();
  #known: Set<string>;
  #isKept: boolean;
  #kept = new Map<string, Fire>();
  /** Fires published. */
  count = 0;
  /** Fires that came once more, as after a restart. */
  repeated = 0;

  /** `known` are the ids of fires that are told already. */
  constructor(env: string, transport: Transport, known: Set<string>) {
    this.#env = env;
    this.#publisher = transport.publisher();
    this.#isKept = !transport.durable;
    this.#known = known;
  }

  /** Publishes; resolves when the bus has them. */
  async publish(fires: readonly Fire[]): Promise<Fire[]> {
    const fresh = fires.filter(({ id }) => !this.#known.delete(id));
    this.repeated += fires.length - fresh.length;
    for (const fire of fresh) {
      if (this.#isKept) this.#keep(fire);
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

  #keep(fire: Fire): void {
    this.#kept.set(fire.id, fire);
    if (this.#kept.size > KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value ?? "");
  }

  /** The moment of the oldest fire that is kept, µs; undefined = none is. */
  get keptFromUs(): number | undefined {
    if (this.#kept.size === 0) return undefined;
    return Math.min(...this.#kept.values().map(({ receivedAtUs }) => receivedAtUs));
  }

  /** Those of these ids are in the archive. */
  archived(ids: ReadonlySet<string>): void {
    for (const id of this.#kept.keys()) if (ids.has(id)) this.#kept.delete(id);
  }

  /** Those that are kept, as messages back to back. */
  keptBytes(): Uint8Array {
    return concat([...this.#kept.values()].map((fire) => this.#encoder.encode(fire)));
  }

  /** Tells once more what an earlier life kept and the archive does not have. */
  async restore(bytes: Uint8Array): Promise<void> {
    await this.publish([...messagesIn(bytes)].map((message) => decode("fire", message)));
  }

  /** Ends it. */
  async close(): Promise<void> {
    await this.#publisher.close();
  }
}
