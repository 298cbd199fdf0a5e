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

/** Which bus an environment uses. */
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
    /** Who we are to the server. */
    credentials?: NatsCredentials;
    /** Reads them from where they are now, before each connection; absent = they stay. */
    readCredentials?: () => Promise<NatsCredentials>;
  };

/** What {@linkcode openTransport} needs besides the configuration. */
interface OpenTransportOptions {
  /** The environment's name, first token of all subjects. */
  env: string;
  /** The shard that is published and read; absent = what all of them are together. */
  shard?: string | undefined;
  /** Default silent. */
  logger?: Logger;
}

type NatsConfig = Extract<TransportConfig, { type: "nats" }>;

const DRIVERS = {
  memory: async (_config: TransportConfig, options: OpenTransportOptions) => {
    const { memoryTransport } = await import("./memory.ts");
    // In one process the spool, not the bus, gives again what a crash took.
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

/** Names kept for later drivers. */
const RESERVED: readonly string[] = ["aeron", "chronicle"];

/**
 * Opens the bus that a configuration names. Throws a ConfigError `TRANSPORT_TYPE_UNSUPPORTED` for
 * the reserved names `aeron` and `chronicle`, `TRANSPORT_TYPE_UNKNOWN` for any other, and what
 * the driver throws.
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
 * Opens the bus of a service: requests to other processes are refused at once while it is away for
 * long. What is published or consumed waits for it as always. Throws as {@linkcode openTransport}.
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
