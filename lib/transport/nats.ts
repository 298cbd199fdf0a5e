import { type LeaseCell, type Logger, silentLogger } from "@ssmd/runtime";
import type { NatsConnection } from "@nats-io/nats-core";
import { JetStreamApiCodes, type JetStreamManager } from "@nats-io/jetstream";
import { consumerInUse, transportClosed } from "./errors.ts";
import {
  connectNats,
  jetStreamError,
  managerOf,
  type NatsCredentials,
  type NatsEndpoint,
} from "./nats_connect.ts";
import { NatsIdentity } from "./nats_identity.ts";
import { assertStoreName, type KeyValueStore } from "./key_value.ts";
import { NatsKeyValue } from "./nats_key_value.ts";
import { joinNatsGroup } from "./nats_group.ts";
import { LeaseConnection, natsCell } from "./nats_cell.ts";
import { NatsLink } from "./nats_link.ts";
import { NatsPublisher } from "./nats_publisher.ts";
import { NatsReader, type NatsReaderOptions } from "./nats_reader.ts";
import { NatsRequests } from "./nats_requests.ts";
import { readHistory } from "./nats_history.ts";
import {
  ensureStreams,
  type EnvironmentStreams,
  isApiError,
  renewStream,
  stateOf,
  type StreamLimits,
} from "./nats_stream.ts";
import { SubjectSpace } from "./subject_space.ts";
import {
  compileFilter,
  compileFilters,
  distinctFilters,
  filtersOverlap,
} from "./subject_filter.ts";
import type {
  ConsumeOptions,
  Consumer,
  GroupOptions,
  InMessage,
  LiveSubscription,
  Publisher,
  PublisherOptions,
  ReadOptions,
  StoredMessage,
  StreamHole,
  StreamState,
  Subscription,
  Transport,
  TransportStatus,
} from "./transport.ts";

/** Options of {@linkcode natsTransport}. */
interface NatsTransportOptions {
  /** `nats://host:port`, one or several of a cluster. */
  servers: string | readonly string[];
  /** Environment: the stream is `ssmd-{env}`, all its subjects begin with `{env}.`. */
  env: string;
  /** Limits of the stream; default 24 hours, no limit in bytes. */
  stream?: StreamLimits;
  /** Shards of the environment; default none. */
  shards?: readonly string[];
  /** Shard to publish to and read from; absent = the environment's stream, fed by all shards. */
  shard?: string;
  /** Credentials for the server; default none. */
  credentials?: NatsCredentials;
  /** Re-reads the credentials before each connection; absent = they do not change. */
  readCredentials?: () => Promise<NatsCredentials>;
  /** Default silent. */
  logger?: Logger;
}

const NO_MESSAGE_FOUND = 10037;

/**
 * Opens the bus of one environment on NATS JetStream (server 2.10 or newer). Creates the
 * environment's stream when it is missing. Throws a TransportError: `TRANSPORT_UNAVAILABLE`,
 * `TRANSPORT_UNAUTHORIZED`, `JETSTREAM_DISABLED`, `STREAM_CONFLICT` or `SERVER_TOO_OLD`. Once open
 * it reconnects without limit after any loss.
 */
export async function natsTransport(options: NatsTransportOptions): Promise<Transport> {
  const { servers } = options;
  const endpoint = {
    servers: typeof servers === "string" ? [servers] : servers,
    identity: new NatsIdentity(options),
  };
  const connection = await connectNats(endpoint, `ssmd ${options.env}`, true);
  try {
    const manager = await managerOf(connection);
    await ensureStreams(manager, streamsOf(options));
    return new NatsTransport(options, endpoint, { connection, manager });
  } catch (error) {
    await connection.close();
    throw jetStreamError(error);
  }
}

class NatsTransport implements Transport {
  readonly type = "nats";
  readonly durable = true;
  #options: NatsTransportOptions;
  #endpoint: NatsEndpoint;
  #link: NatsLink;
  #requests: NatsRequests;
  #space: SubjectSpace;
  #logger: Logger;
  #readers = new Map<NatsReader, string>();
  #lease: LeaseConnection | undefined;
  #publishers = new Set<NatsPublisher>();
  #stores = new Map<string, Promise<NatsKeyValue>>();
  #listeners: ((status: TransportStatus) => void)[] = [];
  #closed = false;

  constructor(
    options: NatsTransportOptions,
    endpoint: NatsEndpoint,
    opened: { connection: NatsConnection; manager: JetStreamManager },
  ) {
    this.#options = options;
    this.#endpoint = endpoint;
    this.#space = new SubjectSpace(options.env, options.shard);
    this.#logger = options.logger ?? silentLogger;
    const { servers } = endpoint;
    this.#link = new NatsLink({ ...opened, servers, logger: this.#logger }, {
      onLost: (reason) => this.#tell({ type: "disconnected", reason }),
      onBack: () => this.#reconnected(),
    });
    this.#requests = new NatsRequests(opened.connection, options.env, this.#logger);
  }

  get shards(): readonly string[] {
    return this.#options.shards ?? [];
  }

  get problem(): string {
    return this.#link.problem;
  }

  publisher(options: PublisherOptions = {}): Publisher {
    this.#assertOpen();
    const { env } = this.#options;
    const publisher = new NatsPublisher({
      env,
      connect: () => connectNats(this.#endpoint, `ssmd ${env} publisher`, false),
      prepare: async (connection) => {
        const manager = await managerOf(connection);
        await ensureStreams(manager, streamsOf(this.#options));
        return manager;
      },
      space: this.#space,
      reports: options,
      payloadBytesMax: () => this.#link.payloadBytesMax,
      logger: this.#logger,
    });
    this.#publishers.add(publisher);
    return publisher;
  }

  async subscribe(
    filters: readonly string[],
    onMessage: (message: InMessage) => void,
    onHole: (hole: StreamHole) => void = () => {},
  ): Promise<LiveSubscription> {
    this.#assertOpen();
    const reader = await this.#read({ name: "", filters, onMessage, onHole });
    return {
      startSequence: reader.startSequence,
      unsubscribe: () => void this.#close(reader),
    };
  }

  async consume(options: ConsumeOptions): Promise<Consumer> {
    this.#assertOpen();
    const { name } = options;
    if ([...this.#readers.values()].includes(name)) throw consumerInUse(name);
    const reader = await this.#read(options);
    return {
      startSequence: reader.startSequence,
      get position() {
        return reader.position;
      },
      acknowledge: (streamSequence) => reader.acknowledge(streamSequence),
      pause: () => reader.pause(),
      resume: () => reader.resume(),
      close: () => this.#close(reader),
    };
  }

  async joinGroup(options: GroupOptions): Promise<Subscription> {
    this.#assertOpen();
    const member = joinNatsGroup(this.#link.connection, options, this.#logger);
    await this.#link.untilKnown();
    return member;
  }

  async keyValue(name: string): Promise<KeyValueStore> {
    this.#assertOpen();
    assertStoreName(name);
    const known = this.#stores.get(name);
    if (known !== undefined) return await known;
    const opening = this.#link.ask(() =>
      NatsKeyValue.open(this.#link.connection, this.#options.env, name)
    );
    this.#stores.set(name, opening);
    opening.catch(() => this.#stores.delete(name));
    return await opening;
  }

  /** Returns the open stores. */
  async #openStores(): Promise<NatsKeyValue[]> {
    const opened = await Promise.allSettled(this.#stores.values());
    return opened.flatMap((each) => each.status === "fulfilled" ? [each.value] : []);
  }

  /** Starts a reader; one without a name is live. */
  async #read({ name, filters, onMessage, ...holes }: ConsumeOptions): Promise<NatsReader> {
    const matches = compileFilters(filters);
    const distinct = distinctFilters(filters);
    const options: NatsReaderOptions = {
      connection: this.#link.connection,
      manager: this.#link.manager,
      space: this.#space,
      filters: distinct,
      onMessage,
      ...holes,
      logger: this.#logger,
      ...(name === "" ? {} : { durableName: name }),
    };
    if (anyOverlap(distinct)) {
      // The server refuses overlapping filters, so all messages are read and filtered here.
      options.filters = [`${this.#options.env}.>`];
      options.onMessage = (message) => {
        if (matches(message.subject)) onMessage(message);
      };
    }
    const reader = new NatsReader(options);
    this.#readers.set(reader, name);
    try {
      await this.#link.ask(() => reader.start());
    } catch (error) {
      this.#readers.delete(reader);
      await reader.close();
      throw error;
    }
    return reader;
  }

  async #close(reader: NatsReader): Promise<void> {
    await reader.close();
    this.#readers.delete(reader);
  }

  async state(): Promise<StreamState> {
    this.#assertOpen();
    return await this.#link.ask(() => stateOf(this.#link.manager, this.#space.stream));
  }

  async renew(createdAtUs: number): Promise<void> {
    this.#assertOpen();
    await this.#link.ask(() => renewStream(this.#link.manager, this.#space.stream, createdAtUs));
  }

  async *read(options: ReadOptions): AsyncGenerator<readonly InMessage[]> {
    this.#assertOpen();
    const matches = compileFilters(options.filters);
    const distinct = distinctFilters(options.filters);
    // The server refuses overlapping filters, so all messages are read and filtered here.
    const filters = anyOverlap(distinct) ? [`${this.#options.env}.>`] : distinct;
    try {
      const target = {
        connection: this.#link.connection,
        manager: this.#link.manager,
        space: this.#space,
      };
      for await (const batch of readHistory(target, { ...options, filters })) {
        yield batch.filter(({ subject }) => matches(subject));
      }
    } catch (error) {
      options.signal?.throwIfAborted();
      throw jetStreamError(error);
    }
  }

  async last(filter: string): Promise<StoredMessage | undefined> {
    this.#assertOpen();
    compileFilter(filter);
    return await this.#link.ask(() => lastOf(this.#link.manager, this.#space, filter));
  }

  respond(
    subject: string,
    answer: (payload: Uint8Array) => Uint8Array | Promise<Uint8Array>,
  ): Promise<Subscription> {
    this.#assertOpen();
    const subscription = this.#requests.respond(subject, answer);
    return this.#link.untilKnown().then(() => subscription);
  }

  async request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    this.#assertOpen();
    return await this.#requests.request(subject, payload, timeoutMs);
  }

  leaseCell(name: string): LeaseCell {
    this.#assertOpen();
    const { env } = this.#options;
    this.#lease ??= new LeaseConnection(async () => {
      const connection = await connectNats(this.#endpoint, `ssmd ${env} leases`, false);
      return { connection, manager: await managerOf(connection) };
    });
    return natsCell({ lease: this.#lease, env, name });
  }

  onStatus(listener: (status: TransportStatus) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#link.beginClose();
    for (const publisher of this.#publishers) await publisher.close();
    await Promise.all([...this.#readers.keys()].map((reader) => this.#close(reader)));
    for (const store of await this.#openStores()) store.close();
    await this.#lease?.close();
    await this.#link.close();
  }

  async #reconnected(): Promise<void> {
    for (const reader of this.#readers.keys()) reader.reconnected();
    for (const store of await this.#openStores()) store.reconnected();
    this.#tell({ type: "connected" });
  }

  #tell(status: TransportStatus): void {
    for (const listener of this.#listeners) listener(status);
  }

  #assertOpen(): void {
    if (this.#closed) throw transportClosed();
  }
}

function streamsOf({ env, stream = {}, shards = [] }: NatsTransportOptions): EnvironmentStreams {
  return { env, limits: stream, shards };
}

function anyOverlap(filters: readonly string[]): boolean {
  return filters.some((one, i) => filters.slice(i + 1).some((other) => filtersOverlap(one, other)));
}

async function lastOf(
  manager: JetStreamManager,
  space: SubjectSpace,
  filter: string,
): Promise<StoredMessage | undefined> {
  try {
    const message = await manager.streams.getMessage(space.stream, {
      last_by_subj: space.toServer(filter),
    });
    if (message === null) return undefined;
    return { id: message.header.get("Nats-Msg-Id"), streamSequence: message.seq };
  } catch (error) {
    if (isApiError(error, NO_MESSAGE_FOUND)) return undefined;
    if (isApiError(error, JetStreamApiCodes.StreamNotFound)) return undefined;
    throw error;
  }
}
