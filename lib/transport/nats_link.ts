import { type Logger, sleep } from "@ssmd/runtime";
import { errors, type NatsConnection } from "@nats-io/nats-core";
import type { JetStreamManager } from "@nats-io/jetstream";
import { connectError, jetStreamError } from "./nats_connect.ts";
import { NatsProbe } from "./nats_probe.ts";

const ASK_TRIES_MAX = 3;
/** Longest wait of a request for an absent bus; as long as its retries on a silent one. */
const ASK_WAIT_MS_MAX = 15_000;

/** Receives changes of the connection. */
interface LinkOwner {
  onLost(reason: string): void;
  onBack(): void | Promise<void>;
}

/** Options of {@linkcode NatsLink}. */
interface LinkOptions {
  connection: NatsConnection;
  manager: JetStreamManager;
  servers: readonly string[];
  logger: Logger;
}

/** The connection of an environment's bus: whether it is there, and requests that outlive a loss. */
export class NatsLink {
  readonly connection: NatsConnection;
  readonly manager: JetStreamManager;
  #servers: readonly string[];
  #owner: LinkOwner;
  #logger: Logger;
  #probe: NatsProbe;
  #payloadBytesMax: number;
  #connected = Promise.resolve();
  #back: () => void = () => {};
  #closed = false;
  #watching: Promise<void>;

  constructor({ connection, manager, servers, logger }: LinkOptions, owner: LinkOwner) {
    this.connection = connection;
    this.manager = manager;
    this.#servers = servers;
    this.#owner = owner;
    this.#logger = logger;
    this.#payloadBytesMax = connection.info?.max_payload ?? Infinity;
    this.#probe = new NatsProbe(() => connection.flush());
    this.#watching = this.#watch();
  }

  /** Why the bus does not work, also on an open connection without answers; "" = no problem. */
  get problem(): string {
    return this.#probe.problem;
  }

  /** Largest payload that the server takes, bytes; while it is away what it took last. */
  get payloadBytesMax(): number {
    return this.#payloadBytesMax;
  }

  /**
   * Runs a JetStream request; retries when the connection was lost meanwhile. Throws a
   * TransportError: `TRANSPORT_UNAVAILABLE` when the bus stays away.
   */
  async ask<T>(call: () => Promise<T>): Promise<T> {
    for (let tries = 1;; tries++) {
      await this.#untilConnected();
      try {
        return await call();
      } catch (error) {
        const isLost = error instanceof errors.TimeoutError || error instanceof errors.RequestError;
        if (!isLost || tries >= ASK_TRIES_MAX || this.#closed) throw jetStreamError(error);
      }
    }
  }

  /**
   * Resolves when the server knows the new subscriptions; after a lost connection the client
   * subscribes again.
   */
  async untilKnown(): Promise<void> {
    await isInTime(this.connection.flush().catch(() => {}));
  }

  /** Stops probing and retries; the connection stays open until {@linkcode close}. */
  beginClose(): void {
    this.#closed = true;
    this.#probe.close();
  }

  async close(): Promise<void> {
    this.beginClose();
    await this.connection.close();
    await this.#watching;
  }

  async #untilConnected(): Promise<void> {
    if (await isInTime(Promise.race([this.#connected, this.connection.closed()]))) return;
    throw connectError(this.#probe.problem, this.#servers);
  }

  async #watch(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === "disconnect") {
        this.#logger.warn("the bus is away", { server: status.server });
        this.#connected = new Promise((resolve) => this.#back = resolve);
        const reason = `lost ${status.server}`;
        this.#probe.disconnected(reason);
        this.#owner.onLost(reason);
      } else if (status.type === "reconnect") {
        this.#logger.info("the bus is back", { server: status.server });
        this.#probe.reconnected();
        this.#back();
        this.#payloadBytesMax = this.connection.info?.max_payload ?? Infinity;
        await this.#owner.onBack();
      } else if (status.type === "error") {
        this.#logger.error("the bus reports an error", { error: status.error });
      }
    }
  }
}

/** Returns whether `coming` resolves within the longest wait for the bus. Rejects as it does. */
async function isInTime(coming: Promise<unknown>): Promise<boolean> {
  const ended = new AbortController();
  const late = sleep(ASK_WAIT_MS_MAX, ended.signal).then(() => false);
  try {
    return await Promise.race([coming.then(() => true), late]);
  } finally {
    ended.abort();
  }
}
