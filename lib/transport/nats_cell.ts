import { errors, headers, type NatsConnection } from "@nats-io/nats-core";
import {
  JetStreamApiCodes,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream";
import type { LeaseCell } from "@ssmd/runtime";
import { jetStreamError, serverRefused } from "./nats_connect.ts";
import { isApiError } from "./nats_stream.ts";

const WRONG_LAST_SEQUENCE = 10071;
const NO_MESSAGE_FOUND = 10037;
const ANSWER_MS_MAX = 3_000;

/** Connection of a process's leases, with its JetStream manager. */
interface LeaseSession {
  connection: NatsConnection;
  manager: JetStreamManager;
}

/**
 * A separate connection for the leases of a process, so that renewals wait for nothing else;
 * replaced after each failure.
 */
export class LeaseConnection {
  #open: () => Promise<LeaseSession>;
  #session: Promise<LeaseSession> | undefined;
  #closed = false;

  /** Connects on first use; `open` returns a connection without reconnects. */
  constructor(open: () => Promise<LeaseSession>) {
    this.#open = open;
  }

  /** Runs `action` on the connection. Rejects with a TransportError. */
  async use<T>(action: (session: LeaseSession) => Promise<T>): Promise<T> {
    if (this.#closed) throw jetStreamError(new Error("the transport is closed"));
    const session = this.#session ??= this.#open();
    try {
      return await action(await session);
    } catch (error) {
      if (this.#session === session) this.#session = undefined;
      await ended(session);
      throw jetStreamError(error);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#session !== undefined) await ended(this.#session);
  }
}

async function ended(session: Promise<LeaseSession>): Promise<void> {
  try {
    await (await session).connection.close();
  } catch {
    // Never opened, or already gone.
  }
}

/** Options of {@linkcode natsCell}. */
interface NatsCellOptions {
  lease: LeaseConnection;
  env: string;
  /** One token. */
  name: string;
}

/**
 * A shared value as the last message on its own subject, `ssmd-lease.{env}.{name}` in the stream
 * `ssmd-{env}-leases`, which is created when missing. The server compares its sequence.
 */
export function natsCell({ lease, env, name }: NatsCellOptions): LeaseCell {
  const stream = `ssmd-${env}-leases`;
  const subject = `ssmd-lease.${env}.${name}`;
  let revision = 0;

  const ensure = async ({ manager }: LeaseSession) => {
    await manager.streams.add({
      ...{ name: stream, subjects: [`ssmd-lease.${env}.>`], max_msgs_per_subject: 1 },
      ...{ storage: StorageType.File, retention: RetentionPolicy.Limits },
    });
  };
  const send = async ({ connection }: LeaseSession, value: Uint8Array): Promise<boolean> => {
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
    if (error !== undefined) {
      const { err_code, description = `error ${err_code}` } = error;
      throw serverRefused(description, { context: { apiCode: err_code, stream } });
    }
    revision = seq;
    return true;
  };
  const read = async ({ manager }: LeaseSession): Promise<Uint8Array | undefined> => {
    try {
      const message = await manager.streams.getMessage(stream, { last_by_subj: subject });
      revision = message?.seq ?? 0;
      return message?.data;
    } catch (error) {
      const isAbsent = isApiError(error, NO_MESSAGE_FOUND) ||
        isApiError(error, JetStreamApiCodes.StreamNotFound);
      if (!isAbsent) throw error;
      revision = 0;
      return undefined;
    }
  };
  const write = async (session: LeaseSession, value: Uint8Array): Promise<boolean> => {
    try {
      return await send(session, value);
    } catch (error) {
      const isAbsent = error instanceof errors.RequestError && error.isNoResponders();
      if (!isAbsent) throw error;
      await ensure(session);
      return await send(session, value);
    }
  };
  return {
    read: () => lease.use(read),
    write: (value) => lease.use((session) => write(session, value)),
  };
}
