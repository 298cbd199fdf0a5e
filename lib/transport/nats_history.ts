import { createInbox, type Msg, nanos, type NatsConnection } from "@nats-io/nats-core";
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  type JetStreamManager,
} from "@nats-io/jetstream";
import { TransportError } from "@ssmd/runtime";
import { givenHeaders, isLate } from "./nats_header.ts";
import type { SubjectSpace } from "./subject_space.ts";
import type { InMessage, ReadOptions } from "./transport.ts";

/** Most messages of one batch. */
const BATCH_MESSAGES = 1000;
/** Timeout of a batch; the server answers at once with what it holds. */
const BATCH_MS_MAX = 5_000;
/** Time that the server keeps an abandoned reader's consumer. */
const IDLE_MS = 60_000;
/** Status of a pull when no message is left. */
const NO_MESSAGES = 404;
/** Status of a pull that no consumer takes. */
const GONE = 503;

/** Stream to read. */
export interface HistoryTarget {
  connection: NatsConnection;
  manager: JetStreamManager;
  space: SubjectSpace;
}

interface Batch {
  messages: InMessage[];
  /** Messages after this batch, as the server counts them; undefined = it did not say. */
  pending: number | undefined;
  /** Status that ended the batch early: 404 = no more messages, 503 = the consumer is gone; 0 = none. */
  status: number;
}

/**
 * Reads a stream's content through a temporary consumer, which is removed at the end. The server
 * also removes one that is idle, as while a reader waits for its own client, and one that it kept in
 * memory before a restart: another one goes on where it was. Rejects with a TransportError
 * `TRANSPORT_TIMEOUT` when the server does not answer.
 */
export async function* readHistory(
  target: HistoryTarget,
  options: ReadOptions,
): AsyncGenerator<readonly InMessage[]> {
  const { manager, space: { stream } } = target;
  let { from } = options;
  const begin = async () =>
    (await manager.consumers.add(stream, configOf({ ...options, from }, target.space))).name;
  let name = await begin();
  let isNew = true;
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      const { messages, pending, status } = await nextBatch(target, name);
      const last = messages.at(-1);
      if (last !== undefined) from = { sequence: last.streamSequence + 1 };
      const wanted = messages.filter((message) => message.streamSequence <= options.toSequence);
      if (wanted.length > 0) yield wanted;
      if (pending === 0 || status === NO_MESSAGES || wanted.length < messages.length) return;
      // A consumer that brings nothing at once is no better than none.
      if (status !== 0 && isNew && last === undefined) throw unread(stream, { status });
      isNew = status !== 0;
      if (isNew) name = await begin();
    }
  } finally {
    await manager.consumers.delete(stream, name).catch(() => {
      // The server removes it when it is idle.
    });
  }
}

function configOf(
  { filters: named, from }: ReadOptions,
  space: SubjectSpace,
): Partial<ConsumerConfig> {
  const filters = named.map((filter) => space.toServer(filter));
  const [only = ">"] = filters;
  return {
    ...(filters.length === 1 ? { filter_subject: only } : { filter_subjects: [...filters] }),
    ack_policy: AckPolicy.None,
    mem_storage: true,
    num_replicas: 1,
    inactive_threshold: nanos(IDLE_MS),
    ...("sequence" in from
      ? { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, from.sequence) }
      : {
        deliver_policy: DeliverPolicy.StartTime,
        opt_start_time: new Date(Math.floor(from.timeUs / 1000)).toISOString(),
      }),
  };
}

/** Pulls one batch of what the server holds now. */
function nextBatch({ connection, space }: HistoryTarget, name: string): Promise<Batch> {
  return new Promise((resolve, reject) => {
    const batch: Batch = { messages: [], pending: undefined, status: 0 };
    const inbox = createInbox();
    const end = (error?: unknown) => {
      clearTimeout(timer);
      subscription.unsubscribe();
      if (error === undefined) resolve(batch);
      else reject(error);
    };
    const timer = setTimeout(
      () => end(unread(space.stream, { waitedMs: BATCH_MS_MAX })),
      BATCH_MS_MAX,
    );
    const subscription = connection.subscribe(inbox, {
      callback: (error, message) => {
        if (error !== null) return end(error);
        if (!take(message, batch, space) || batch.messages.length === BATCH_MESSAGES) end();
        else if (batch.pending === 0) end();
      },
    });
    connection.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${space.stream}.${name}`,
      JSON.stringify({ batch: BATCH_MESSAGES, no_wait: true }),
      { reply: inbox },
    );
  });
}

/** Adds a delivery; returns false for a status, which ends the batch. */
function take(message: Msg, batch: Batch, space: SubjectSpace): boolean {
  const parts = (message.reply ?? "").split(".");
  if (parts[0] !== "$JS" || parts[1] !== "ACK") {
    batch.status = message.headers?.code || GONE;
    return false;
  }
  // `$JS.ACK.{stream}.{consumer}.{times}.{stream seq}.{consumer seq}.{time}.{pending}`, with two
  // more tokens before the stream when there are domains.
  const skip = parts.length > 9 ? 2 : 0;
  batch.pending = Number(parts[8 + skip]);
  batch.messages.push({
    subject: space.fromServer(message.subject),
    payload: message.data,
    id: message.headers?.get("Nats-Msg-Id") ?? "",
    streamSequence: Number(parts[5 + skip]),
    storedAtUs: Math.floor(Number(parts[7 + skip]) / 1000),
    late: isLate(message.headers),
    headers: givenHeaders(message.headers),
  });
  return true;
}

function unread(stream: string, context: Record<string, number>): TransportError {
  return new TransportError("TRANSPORT_TIMEOUT", `The stream "${stream}" is not read: no answer`, {
    context: { stream, ...context },
    hint: "The bus is away or overloaded; it is worth trying again",
    retryable: true,
  });
}
