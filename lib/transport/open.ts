import {
  CircuitBreaker,
  ConfigError,
  type Health,
  type Logger,
  suggestion,
  TransportError,
  withMembers,
} from "@ssmd/runtime";
import { withChaos } from "./chaos.ts";
import type { NatsCredentials } from "./nats_connect.ts";
import type { StreamLimits } from "./nats_stream.ts";
import type { Transport } from "./transport.ts";

/** Bus configuration of an environment. */
type TransportConfig =
  | { type: "memory" }
  | {
    type: "nats";
    /** `nats://host:port`, one or several of a cluster. */
    url: string | readonly string[];
    /** Limits of the stream. */
    stream?: StreamLimits;
    /** Shards of the environment; absent = it has none. */
    shards?: readonly string[];
    /** Credentials for the server. */
    credentials?: NatsCredentials;
    /** Re-reads the credentials before each connection; absent = they do not change. */
    readCredentials?: () => Promise<NatsCredentials>;
  };

/** Options of {@linkcode openTransport}. */
interface OpenTransportOptions {
  /** Name of the environment, first token of all subjects. */
  env: string;
  /** Shard to publish to and read from; absent = the environment's stream, fed by all shards. */
  shard?: string | undefined;
  /** Default silent. */
  logger?: Logger;
}

type NatsConfig = Extract<TransportConfig, { type: "nats" }>;

const DRIVERS = {
  memory: async (_config: TransportConfig, options: OpenTransportOptions) => {
    const { memoryTransport } = await import("./memory.ts");
    // In one process the spool, not the bus, replays what a crash lost.
    return memoryTransport({ ...options, redeliver: false });
  },
  nats: async (config: NatsConfig, { env, shard, logger }: OpenTransportOptions) => {
    const { natsTransport } = await import("./nats.ts");
    return await natsTransport({
      servers: config.url,
      env,
      ...(config.stream === undefined ? {} : { stream: config.stream }),
      ...(config.shards === undefined ? {} : { shards: config.shards }),
      ...(shard === undefined ? {} : { shard }),
      ...(config.credentials === undefined ? {} : { credentials: config.credentials }),
      ...(config.readCredentials === undefined ? {} : { readCredentials: config.readCredentials }),
      ...(logger === undefined ? {} : { logger }),
    });
  },
};

/** Names reserved for later drivers. */
const RESERVED: readonly string[] = ["aeron", "chronicle"];

/**
 * Opens the bus of a configuration. Throws a ConfigError `TRANSPORT_TYPE_UNSUPPORTED` for the
 * reserved names `aeron` and `chronicle`, `TRANSPORT_TYPE_UNKNOWN` for any other, and what the
 * driver throws.
 */
export async function openTransport(
  config: TransportConfig,
  options: OpenTransportOptions,
): Promise<Transport> {
  switch (config.type) {
    case "memory":
      return await DRIVERS.memory(config, options);
    case "nats":
      return await DRIVERS.nats(config, options);
    default:
      throw refusal((config as { type: unknown }).type);
  }
}

/**
 * Opens the bus of a service: a circuit breaker rejects requests at once while it is away for long.
 * Publishing and consuming wait for it as always. Throws as {@linkcode openTransport}.
 */
export async function openServiceTransport(
  config: TransportConfig,
  options: OpenTransportOptions & { logger: Logger; health: Health },
): Promise<Transport> {
  const transport = withChaos(await openTransport(config, options), options);
  const circuit = new CircuitBreaker({
    ...{ name: "transport", location: "the bus", error: TransportError },
    isFailure: () => transport.problem !== "",
  });
  const checks = options.health.component("transport");
  checks.addCircuit(circuit);
  transport.onStatus(({ type }) => type === "connected" && circuit.reset());
  return withMembers(transport, {
    request: (...request) => circuit.run(() => transport.request(...request)),
    close: () => {
      checks.close();
      return transport.close();
    },
  });
}

function refusal(type: unknown): ConfigError {
  const allowed = Object.keys(DRIVERS);
  if (typeof type === "string" && RESERVED.includes(type)) {
    return new ConfigError(
      "TRANSPORT_TYPE_UNSUPPORTED",
      `The transport type "${type}" is a reserved name; it is not built in this version`,
      { context: { type }, hint: `Use one of: ${allowed.join(", ")}` },
    );
  }
  return new ConfigError("TRANSPORT_TYPE_UNKNOWN", `There is no transport type "${type}"`, {
    context: { type },
    hint: suggestion(String(type), allowed),
  });
}
