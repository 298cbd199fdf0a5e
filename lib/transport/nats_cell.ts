import { errors, headers, type NatsConnection } from "@nats-io/nats-core";
import {
  JetStreamApiCodes,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import type { LeaseCell } from "@ssmd/runtime";
import { jetStreamError } from "./nats_connect.ts";
import { isApiError } from "./nats_stream.ts";

const WRONG_LAST_SEQUENCE = 10071;
const NO_MESSAGE_FOUND = 10037;
const ANSWER_MS_MAX = 3_000;

/** What a {@linkcode natsCell} is made of. */
export interface NatsCellOptions {
  connection: NatsConnection;
  manager: JetStreamManager;
  env: string;
  /** One token. */
  name: string;
}

/**
 * A shared value as the last message of a subject of its own, `ssmd-lease.{env}.{name}` in the stream
 * `ssmd-{env}-leases`, which is made when it is missing. The server compares its sequence.
 */
export function natsCell({ connection, manager, env, name }: NatsCellOptions): LeaseCell {
  const stream = `ssmd-${env}-leases`;
  const subject = `ssmd-lease.${env}.${name}`;
  let revision = 0;

  const ensure = async () => {
    await manager.streams.add({
      ...{ name: stream, subjects: [`ssmd-lease.${env}.>`], max_msgs_per_subject: 1 },
      ...{ storage: StorageType.File, retention: RetentionPolicy.Limits },
    });
  };
  const send = async (value: Uint8Array): Promise<boolean> => {
    const expected = headers();
    expected.set("Nats-Expected-Last-Subject-Sequence", String(revision));
    const answer = await connection.request(subject, value, {
      timeout: ANSWER_MS_MAX,
      headers: expected,
    });
    const { seq = 0, error } = answer.json<
      { seq?: number; error?: { err_code?: number; description?: string } }
    >();
    if (error?.err_code === WRONG_LAST_SEQUENCE) return false;
    if (error !== undefined) throw jetStreamError(new Error(error.description));
    revision = seq;
    return true;
  };
  return {
    read: async () => {
      try {
        const message = await manager.streams.getMessage(stream, { last_by_subj: subject });
        revision = message?.seq ?? 0;
        return message?.data;
      } catch (error) {
        const isAbsent = isApiError(error, NO_MESSAGE_FOUND) ||
          isApiError(error, JetStreamApiCodes.StreamNotFound);
        if (!isAbsent) throw jetStreamError(error);
        revision = 0;
        return undefined;
      }
    },
    write: async (value) => {
      try {
        return await send(value);
      } catch (error) {
        const isAbsent = error instanceof errors.RequestError && error.isNoResponders();
        if (!isAbsent) throw error;
        await ensure();
        return await send(value);
      }
    },
  };
}
