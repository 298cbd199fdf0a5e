import { JournalError, messageOf, nowUs } from "@ssmd/runtime";
import {
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
} from "@nats-io/jetstream";
import { errors, type NatsConnection } from "@nats-io/nats-core";
import { connectNats, managerOf, type NatsCredentials } from "@ssmd/transport/nats_connect";
import { journalBusy, journalClosed } from "./errors.ts";
import { type Journal, type JournalEntry, type JsonRecord, PENDING_MAX } from "./journal.ts";
import { assertTopic, recordText, recordTooLarge } from "./line.ts";

/** Options of {@linkcode natsJournal}. */
export interface NatsJournalOptions {
  env: string;
  /** `nats://host:port`, one or more of a cluster. */
  url: readonly string[];
  /** Re-reads the credentials before each connection; absent = no authentication. */
  readCredentials?: (() => Promise<NatsCredentials>) | undefined;
}

const TRIES = 3;
const TRY_MS_MAX = 5_000;

/**
 * Opens a journal in a stream of its own, `ssmd_journal_{env}` on `ssmd-journal.{env}.>`, which
 * expires nothing and denies deletes. Positions are stream sequences. Several processes may append.
 * Throws TransportError when the server is unavailable or rejects.
 */
export async function natsJournal(options: NatsJournalOptions): Promise<Journal> {
  const { env, url: servers, readCredentials } = options;
  const endpoint = { servers, credentials: await readCredentials?.(), readCredentials };
  const connection = await connectNats(endpoint, "ssmd-journal", true);
  try {
    const manager = await managerOf(connection);
    const stream = `ssmd_journal_${env}`;
    await ensureStream(manager, stream, `ssmd-journal.${env}.>`);
    return new NatsJournal({ connection, manager, stream, prefix: `ssmd-journal.${env}.` });
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** Creates the stream if missing; an existing one keeps its operator's settings. */
async function ensureStream(manager: JetStreamManager, name: string, subject: string) {
  try {
    await manager.streams.info(name);
  } catch (error) {
    const isMissing = error instanceof JetStreamApiError &&
      error.code === JetStreamApiCodes.StreamNotFound;
    if (!isMissing) throw failed(name, error);
    await manager.streams.add({ name, subjects: [subject], deny_delete: true, deny_purge: true })
      .catch((error) => {
        throw failed(name, error);
      });
  }
}

/** Location of a journal on a server. */
interface StreamOfJournal {
  connection: NatsConnection;
  manager: JetStreamManager;
  stream: string;
  /** Subject prefix. */
  prefix: string;
}

class NatsJournal implements Journal {
  #on: StreamOfJournal;
  #client: JetStreamClient;
  #pending = new Set<Promise<unknown>>();
  #closed = false;

  constructor(on: StreamOfJournal) {
    this.#on = on;
    this.#client = jetstream(on.connection);
  }

  append(topic: string, record: JsonRecord): Promise<number> {
    return Promise.try(() => {
      this.#assertOpen();
      if (this.#pending.size >= PENDING_MAX) throw journalBusy(PENDING_MAX);
      assertTopic(topic);
      const text = `{"at":${nowUs()},"record":${recordText(record)}}`;
      const published = this.#publish(topic, text);
      this.#pending.add(published);
      return published.finally(() => this.#pending.delete(published));
    });
  }

  async *read(topic: string, fromPosition = 1): AsyncIterable<JournalEntry> {
    assertTopic(topic);
    this.#assertOpen();
    const { manager, stream, prefix } = this.#on;
    const { state: { last_seq: last } } = await this.#failing(manager.streams.info(stream));
    let seq = Math.max(1, fromPosition);
    while (seq <= last) {
      this.#assertOpen();
      const query = { seq, next_by_subj: `${prefix}${topic}` };
      const message = await this.#failing(manager.streams.getMessage(stream, query));
      if (message === null || message.seq > last) return;
      const { at: atUs, record } = message.json<{ at: number; record: JsonRecord }>();
      yield { position: message.seq, topic, atUs, record };
      seq = message.seq + 1;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#pending);
    await this.#on.connection.close();
  }

  /** Retries with the same message id, so the server deduplicates. */
  async #publish(topic: string, text: string): Promise<number> {
    const { stream, prefix } = this.#on;
    const options = {
      msgID: crypto.randomUUID(),
      timeout: TRY_MS_MAX,
      expect: { streamName: stream },
    };
    for (let tries = 1;; tries++) {
      try {
        return (await this.#client.publish(`${prefix}${topic}`, text, options)).seq;
      } catch (error) {
        if (isTooLarge(error)) throw recordTooLarge(text.length);
        if (tries === TRIES || error instanceof JetStreamApiError) throw failed(stream, error);
      }
    }
  }

  async #failing<T>(under: Promise<T>): Promise<T> {
    return await under.catch((error) => {
      throw failed(this.#on.stream, error);
    });
  }

  #assertOpen(): void {
    if (this.#closed) throw journalClosed();
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof errors.InvalidArgumentError && /max_payload/.test(error.message);
}

function failed(stream: string, cause: unknown): JournalError {
  return new JournalError(
    "JOURNAL_FAILED",
    `The journal in the stream ${stream} cannot be used (${messageOf(cause)})`,
    {
      cause,
      context: { stream },
      hint: "Check that the nats-server is there and lets this user use the stream",
      retryable: true,
    },
  );
}
