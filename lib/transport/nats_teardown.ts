import type { StreamInfo } from "@nats-io/jetstream";
import type { NatsCredentials } from "./nats_connect.ts";
import { shardStreamName } from "./subject_space.ts";

/** A stream of an environment, including those of key-value stores. */
interface BusStream {
  name: string;
  messages: number;
  bytes: number;
  /** Whether a consumer waits for its messages now. */
  isRead: boolean;
}

/** All streams of an environment on a nats-server. */
interface BusStreams extends AsyncDisposable {
  streams: readonly BusStream[];
  /** Deletes them with their consumers; missing ones are no error. */
  remove(): Promise<void>;
}

/** Options of {@linkcode findBusStreams}. */
interface BusStreamsOptions {
  url: readonly string[];
  credentials?: NatsCredentials;
  env: string;
  /** Names of the environment's key-value stores. */
  stores: readonly string[];
}

/**
 * Finds the streams of an environment on a nats-server by full names: `demo-nats` is not part of
 * `demo`. Creates none. Throws TransportError.
 */
export async function findBusStreams(
  { url, credentials, env, stores }: BusStreamsOptions,
): Promise<BusStreams> {
  // Late: the client library takes long to load, and `up` on the memory bus needs none.
  const { connectNats, jetStreamError, managerOf } = await import("./nats_connect.ts");
  const connection = await connectNats({ servers: url, credentials }, "ssmd-teardown", false);
  try {
    const manager = await managerOf(connection);
    const names = new Set(
      ["", "-leases"].map((end) => `ssmd-${env}${end}`)
        .concat(stores.map((store) => `KV_ssmd-${env}-${store}`)),
    );
    const isOurs = ({ config: { name } }: StreamInfo) =>
      names.has(name) || name.startsWith(shardStreamName(env, ""));
    const streams: BusStream[] = [];
    for await (const info of manager.streams.list()) {
      if (!isOurs(info)) continue;
      const { config: { name }, state: { messages, bytes } } = info;
      let isRead = false;
      for await (const { num_waiting } of manager.consumers.list(name)) isRead ||= num_waiting > 0;
      streams.push({ name, messages, bytes, isRead });
    }
    // Shard streams first, as they feed the environment's stream.
    streams.sort((a, b) => a.name < b.name ? 1 : -1);
    return {
      streams,
      remove: async () => {
        for (const { name } of streams) await manager.streams.delete(name);
      },
      [Symbol.asyncDispose]: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw jetStreamError(error);
  }
}
