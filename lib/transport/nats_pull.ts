import {
  createInbox,
  type Msg,
  nanos,
  type NatsConnection,
  type Subscription,
} from "@nats-io/nats-core";
import {
  type ConsumerConfig,
  type ConsumerInfo,
  JetStreamApiCodes,
  type JetStreamManager,
} from "@nats-io/jetstream";
import { isApiError } from "./nats_stream.ts";

/** Most messages per pull; the next pull is sent when half of them came. */
const BATCH_MESSAGES = 4096;
const PULL_EXPIRES_MS = 30_000;

/** Interval of the server's heartbeats while it has nothing to deliver. */
export const HEARTBEAT_MS = 5_000;

/** Options of {@linkcode NatsPull}. */
interface PullOptions {
  connection: NatsConnection;
  manager: JetStreamManager;
  stream: string;
  /** Undefined for a consumer without a durable name, which expires by itself. */
  durableName: string | undefined;
}

/** A reader's consumer on the server, and the pulls that ask it for messages. */
export class NatsPull {
  #options: PullOptions;
  #inbox = "";
  #subscription: Subscription | undefined;
  #consumerName = "";
  #requested = 0;

  constructor(options: PullOptions) {
    this.#options = options;
  }

  /** Whether deliveries are awaited. */
  get isAwaiting(): boolean {
    return this.#requested > 0;
  }

  /** Returns the durable consumer; undefined when there is none. */
  async find(): Promise<ConsumerInfo | undefined> {
    const { manager, stream, durableName } = this.#options;
    if (durableName === undefined) return undefined;
    try {
      return await manager.consumers.info(stream, durableName);
    } catch (error) {
      if (isApiError(error, JetStreamApiCodes.ConsumerNotFound)) return undefined;
      throw error;
    }
  }

  create(config: Partial<ConsumerConfig>): Promise<ConsumerInfo> {
    return this.#options.manager.consumers.add(this.#options.stream, config);
  }

  /** Deletes the consumer. */
  async remove(): Promise<void> {
    const { manager, stream, durableName } = this.#options;
    const name = durableName ?? this.#consumerName;
    if (name === "") return;
    try {
      await manager.consumers.delete(stream, name);
    } catch (error) {
      // Live consumers expire by themselves; a durable one is recreated next, or already gone.
      const gone = isApiError(error, JetStreamApiCodes.ConsumerNotFound) ||
        isApiError(error, JetStreamApiCodes.StreamNotFound);
      if (!gone && durableName !== undefined) throw error;
    }
  }

  /** Stops what was listened to before, and forgets its pulls. */
  reset(consumerName: string): void {
    this.stop();
    this.#consumerName = consumerName;
    this.#inbox = createInbox();
    this.#requested = 0;
  }

  /** Receives deliveries and statuses from now on, or the error that ended them. */
  listen(onMessage: (message: Msg) => void, onError: (error: Error) => void): void {
    this.#subscription = this.#options.connection.subscribe(this.#inbox, {
      callback: (error, message) => error === null ? onMessage(message) : onError(error),
    });
  }

  stop(): void {
    this.#subscription?.unsubscribe();
  }

  /** Asks for as many messages as one batch still has room for. */
  ask(): void {
    const { connection, stream } = this.#options;
    const batch = BATCH_MESSAGES - this.#requested;
    if (batch <= 0 || connection.isClosed()) return;
    this.#requested += batch;
    const request = {
      batch,
      expires: nanos(PULL_EXPIRES_MS),
      idle_heartbeat: nanos(HEARTBEAT_MS),
    };
    connection.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${stream}.${this.#consumerName}`,
      JSON.stringify(request),
      { reply: this.#inbox },
    );
  }

  /** Notes a delivery. */
  delivered(): void {
    this.#requested--;
  }

  /** Whether it is time for the next pull. */
  get isHalfDone(): boolean {
    return this.#requested <= BATCH_MESSAGES / 2;
  }

  /** Notes the end of a pull: `left` messages were not delivered; undefined = of all pulls. */
  ended(left: number | undefined): void {
    this.#requested = left === undefined ? 0 : Math.max(0, this.#requested - left);
  }
}
