import { concat } from "@ssmd/archive";
import { decode, Encoder, messagesIn } from "@ssmd/codec";
import { type Fire, fireSubject } from "@ssmd/market";
import { nowUs } from "@ssmd/runtime";
import type { Publisher, PublishRefusal, Transport } from "@ssmd/transport";

const KEPT_MAX = 100_000;

/** Options of {@linkcode FireQueue}. */
interface FireQueueOptions {
  env: string;
  transport: Transport;
  /** Ids of fires published before; each is skipped once. */
  known: Set<string>;
  /** Called for a fire that the bus will never store. */
  onRejected: (refusal: PublishRefusal) => void;
}

/**
 * Publishes each fire once, skipping those published before a restart. A bus without storage may
 * lose fires before they are archived; until then they are kept for snapshots.
 */
export class FireQueue {
  #env: string;
  #publisher: Publisher;
  #encoder = new Encoder();
  #known: Set<string>;
  #isKept: boolean;
  #kept = new Map<string, Fire>();
  /** Fires that the bus has not stored yet, the oldest first: when they were published, µs, by id. */
  #unstored = new Map<string, number>();
  /** Fires published. */
  count = 0;
  /** Repeated fires skipped, as after a restart. */
  repeated = 0;

  constructor({ env, transport, known, onRejected }: FireQueueOptions) {
    this.#env = env;
    this.#publisher = transport.publisher({
      onStored: ({ id }) => void this.#unstored.delete(id),
      onRejected: ({ id }, refusal) => {
        this.#unstored.delete(id);
        onRejected(refusal);
      },
    });
    this.#isKept = !transport.durable;
    this.#known = known;
  }

  /**
   * Publishes new fires and returns them. Waits only where too many are not acknowledged yet: later
   * records need not wait for the bus, as only a snapshot makes a fire's records pass.
   */
  async publish(fires: readonly Fire[]): Promise<Fire[]> {
    const fresh = fires.filter(({ id }) => !this.#known.delete(id));
    this.repeated += fires.length - fresh.length;
    for (const fire of fresh) {
      if (this.#isKept) this.#keep(fire);
      if (this.#publisher.full) await this.#publisher.ready();
      this.#unstored.set(fire.id, nowUs());
      this.#publisher.publish({
        subject: fireSubject(this.#env, fire.signal),
        payload: this.#encoder.encode(fire),
        id: fire.id,
      });
    }
    this.count += fresh.length;
    return fresh;
  }

  /** Age of the oldest fire that the bus has not stored, seconds; 0 = it has stored all. */
  get unstoredSeconds(): number {
    const { value: sinceUs } = this.#unstored.values().next();
    return sinceUs === undefined ? 0 : Math.max(0, (nowUs() - sinceUs) / 1e6);
  }

  /** Resolves when the bus has acknowledged all fires. */
  async flush(): Promise<void> {
    await this.#publisher.flush();
  }

  #keep(fire: Fire): void {
    this.#kept.set(fire.id, fire);
    if (this.#kept.size > KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value ?? "");
  }

  /** Time of the oldest kept fire, µs; undefined when none is kept. */
  get keptFromUs(): number | undefined {
    if (this.#kept.size === 0) return undefined;
    return Math.min(...this.#kept.values().map(({ receivedAtUs }) => receivedAtUs));
  }

  /** Drops kept fires that are now archived. */
  archived(ids: ReadonlySet<string>): void {
    for (const id of this.#kept.keys()) if (ids.has(id)) this.#kept.delete(id);
  }

  /** Returns the kept fires as concatenated messages. */
  keptBytes(): Uint8Array {
    return concat([...this.#kept.values()].map((fire) => this.#encoder.encode(fire)));
  }

  /** Publishes fires kept in a snapshot that are not yet known. */
  async restore(bytes: Uint8Array): Promise<void> {
    await this.publish([...messagesIn(bytes)].map((message) => decode("fire", message)));
  }

  /** Closes the publisher. */
  async close(): Promise<void> {
    await this.#publisher.close();
  }
}
