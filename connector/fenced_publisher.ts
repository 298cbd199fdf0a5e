import { sleep } from "@ssmd/runtime";
import type { OutMessage, Publisher, PublishRefusal } from "@ssmd/transport";

const LOOK_MS = 50;

/**
 * A publisher that reports full while the lease is unconfirmed: after a pause of the process
 * nothing is published before the lease is confirmed.
 */
export class FencedPublisher implements Publisher {
  #inner: Publisher;
  #mayPublish: () => boolean;
  #closed = false;

  /** `mayPublish` is called before each message. */
  constructor(inner: Publisher, mayPublish: () => boolean) {
    this.#inner = inner;
    this.#mayPublish = mayPublish;
  }

  get pending(): number {
    return this.#inner.pending;
  }

  get full(): boolean {
    return this.#inner.full || !this.#mayPublish();
  }

  get acknowledgedId(): string {
    return this.#inner.acknowledgedId;
  }

  get connected(): boolean {
    return this.#inner.connected;
  }

  get refusal(): PublishRefusal | undefined {
    return this.#inner.refusal;
  }

  publish(message: OutMessage): void {
    this.#inner.publish(message);
  }

  async ready(): Promise<void> {
    await this.#inner.ready();
    while (!this.#closed && !this.#mayPublish()) await sleep(LOOK_MS);
    await this.#inner.ready();
  }

  flush(): Promise<void> {
    return this.#inner.flush();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#inner.close();
  }
}
