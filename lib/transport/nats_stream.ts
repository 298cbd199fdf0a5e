import { nowUs, TransportError, usOfIso } from "@ssmd/runtime";
import { nanos } from "@nats-io/nats-core";
import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamInfo,
  type StreamSource,
  type StreamUpdateConfig,
} from "@nats-io/jetstream";
import { jetStreamError } from "./nats_connect.ts";
import { shardPrefix, shardStreamName } from "./subject_space.ts";
import type { StreamState } from "./transport.ts";

/** Limits of an environment's stream. */
export interface StreamLimits {
  /** Most bytes before the oldest messages are removed; default -1, bounded only by the server. */
  maxBytes?: number;
  /** Age at which messages are removed, ms; default 24 hours. */
  maxAgeMs?: number;
  /** Copies in a cluster; default 1. */
  replicas?: number;
}

/** Deduplication window of message ids. */
const DUPLICATE_WINDOW_MS = 2 * 60 * 1000;
/** Default age at which messages are removed from the stream. */
const STREAM_AGE_MS = 24 * 60 * 60 * 1000;

/**
 * Settings of a stream made or changed by others that would drop messages where no reader looks
 * for a hole, refuse them, or leave them unacknowledged.
 */
const UNLIMITED = { max_msgs: -1, max_msgs_per_subject: -1, max_msg_size: -1, no_ack: false };

/** Stream metadata: when the loss of its end was detected, µs. */
const RENEWED = "ssmd-renewed-at-us";
const SUBJECTS_OVERLAP = 10065;

/** Configuration of an environment's streams. */
export interface EnvironmentStreams {
  env: string;
  limits: StreamLimits;
  /** Each has its own stream, which feeds the environment's; none = a single stream. */
  shards: readonly string[];
}

/**
 * Creates the stream `ssmd-{env}` on `{env}.>`, or updates the limits of an existing one. With
 * shards it stores its own subjects and sources the shards' streams, under the subjects of an
 * environment without shards. Shards are added but never removed here, as messages of one may be in
 * flight. Throws a TransportError `STREAM_CONFLICT` when another stream holds these subjects, or
 * has a kind that cannot be changed.
 */
export async function ensureStreams(
  manager: JetStreamManager,
  { env, limits, shards }: EnvironmentStreams,
): Promise<void> {
  const name = `ssmd-${env}`;
  const known = await infoOf(manager, name);
  const sources = [
    ...known?.config.sources ?? [],
    ...shards.map((shard) => shardSource(env, shard)),
  ].filter((source, i, all) => all.findIndex((other) => other.name === source.name) === i);
  if (sources.length === 0) {
    return await ensureStream(manager, { name, limits, subjects: [`${env}.>`] });
  }
  // Records have four tokens; those of a shard have more, and are in its own stream.
  const subjects = [`${env}.*`, `${env}.*.*`, `${env}.*.*.*`];
  if (known !== undefined) await ensureStream(manager, { name, limits, subjects });
  for (const shard of shards) {
    const own = [`${shardPrefix(env, shard)}.*.>`];
    await ensureStream(manager, { name: shardStreamName(env, shard), limits, subjects: own });
  }
  await ensureStream(manager, { name, limits, subjects, sources });
}

function shardSource(env: string, shard: string): StreamSource {
  const transform = { src: `${shardPrefix(env, shard)}.>`, dest: `${env}.>` };
  return { name: shardStreamName(env, shard), subject_transforms: [transform] };
}

async function infoOf(manager: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (isApiError(error, JetStreamApiCodes.StreamNotFound)) return undefined;
    throw jetStreamError(error);
  }
}

async function ensureStream(
  manager: JetStreamManager,
  { name, limits, subjects, sources }: {
    name: string;
    limits: StreamLimits;
    subjects: string[];
    /** Absent = unchanged. */
    sources?: StreamSource[];
  },
): Promise<void> {
  const wanted: Partial<StreamUpdateConfig> = {
    subjects,
    max_bytes: limits.maxBytes ?? -1,
    max_age: nanos(limits.maxAgeMs ?? STREAM_AGE_MS),
    ...UNLIMITED,
    discard: DiscardPolicy.Old,
    duplicate_window: nanos(Math.min(DUPLICATE_WINDOW_MS, limits.maxAgeMs ?? STREAM_AGE_MS)),
    num_replicas: limits.replicas ?? 1,
    allow_direct: true,
  };
  if (sources !== undefined) wanted.sources = sources;
  try {
    const known = await infoOf(manager, name);
    if (known === undefined) {
      const fixed = { name, storage: StorageType.File, retention: RetentionPolicy.Limits };
      await manager.streams.add({ ...wanted, ...fixed });
      return;
    }
    if (known.config.retention !== RetentionPolicy.Limits) throw conflict(name, "retention");
    const config = { ...known.config } as Record<string, unknown>;
    const differs = Object.entries(wanted).some(([key, value]) =>
      key === "sources"
        ? (known.config.sources ?? []).length !== sources?.length
        // The server leaves out what is false.
        : JSON.stringify(config[key] ?? false) !== JSON.stringify(value)
    );
    if (differs) await manager.streams.update(name, { ...known.config, ...wanted });
  } catch (error) {
    if (isApiError(error, SUBJECTS_OVERLAP)) throw conflict(name, "subjects", error);
    throw jetStreamError(error);
  }
}

/** Returns a stream's state; a stream that lost its end has an identity later than its creation. */
export async function stateOf(
  manager: JetStreamManager,
  name: string,
): Promise<StreamState & { madeAtUs: number }> {
  const { created, config, state } = await manager.streams.info(name);
  const madeAtUs = usOfIso(String(created));
  return {
    madeAtUs,
    createdAtUs: Math.max(madeAtUs, Number(config.metadata?.[RENEWED] ?? 0)),
    firstSequence: state.first_seq === 0 ? 1 : state.first_seq,
    lastSequence: state.last_seq,
    firstAtUs: state.messages === 0 ? 0 : usOfIso(String(state.first_ts)),
  };
}

/**
 * Gives a stream that lost its end a new identity, the time of detection, so that reused sequences
 * are not taken for the old ones. Does nothing when `createdAtUs` is not its identity any more.
 */
export async function renewStream(
  manager: JetStreamManager,
  name: string,
  createdAtUs: number,
): Promise<void> {
  if ((await stateOf(manager, name)).createdAtUs !== createdAtUs) return;
  const { config } = await manager.streams.info(name);
  const metadata = { ...config.metadata, [RENEWED]: String(Math.max(nowUs(), createdAtUs + 1)) };
  await manager.streams.update(name, { ...config, metadata });
}

/** Returns whether an error is a JetStream error with this code. */
export function isApiError(error: unknown, code: number): boolean {
  return error instanceof JetStreamApiError && error.code === code;
}

function conflict(name: string, what: string, cause?: unknown): TransportError {
  return new TransportError(
    "STREAM_CONFLICT",
    what === "subjects"
      ? `Another stream on the server already holds the subjects of "${name}"`
      : `The stream "${name}" exists with another ${what}`,
    {
      context: { stream: name },
      hint: "See `nats stream ls`; remove that stream or give this environment another name",
      ...(cause === undefined ? {} : { cause }),
    },
  );
}
