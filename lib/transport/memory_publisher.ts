import { publisherClosed } from "./errors.ts";
import { assertHeaders } from "./message_headers.ts";
import type { OutMessage, Publisher, PublisherOptions } from "./transport.ts";

/** The part of the bus that a publisher uses. */
interface MemoryBus {
  readonly closed: boolean;
  readonly full: boolean;
  store(message: OutMessage): void;
  ready(): Promise<void>;
}

/** Publishes to a bus inside the process; messages are stored at once. */
export class MemoryPublisher implements Publisher {
  readonly pending = 0;
  readonly refusal = undefined;
  acknowledgedId = "";
  #bus: MemoryBus;
  #onStored: PublisherOptions["onStored"];
  #closed = false;

  constructor(bus: MemoryBus, { onStored }: PublisherOptions) {
    this.#bus = bus;
    this.#onStored = onStored;
  }

  get connected(): boolean {
    return !this.#closed && !this.#bus.closed;
  }

  get full(): boolean {
    return this.#bus.full;
  }

  publish(message: OutMessage): void {
    if (this.#closed) throw publisherClosed();
    if (message.headers !== undefined) assertHeaders(message.headers);
    this.#bus.store(message);
    this.acknowledgedId = message.id;
    this.#onStored?.(message);
  }

  ready(): Promise<void> {
    return this.#bus.ready();
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closed = true;
    return Promise.resolve();
  }
}
