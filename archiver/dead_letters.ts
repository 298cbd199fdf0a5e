import type { Logger } from "@ssmd/runtime";
import { escapeToken, parseSubject } from "@ssmd/market";
import type { InMessage, Publisher, Transport } from "@ssmd/transport";
import type { ArchiverMetrics } from "./archiver_metrics.ts";
import type { RejectReason } from "./window_router.ts";

/** Longest part of a message in a letter. */
const BYTES_MAX = 64 * 1024;

/** Publishes messages that cannot be archived, with the reason, on `{env}.dlq.archiver`. */
export class DeadLetters {
  /** Number of messages so far. */
  count = 0;
  #subject: string;
  #transport: Transport;
  #publisher: Publisher | undefined;
  #logger: Logger;
  #metrics: ArchiverMetrics;

  /** The publisher is opened with the first message. */
  constructor(
    env: string,
    transport: Transport,
    { logger, metrics }: { logger: Logger; metrics: ArchiverMetrics },
  ) {
    this.#subject = `${escapeToken(env)}.dlq.archiver`;
    this.#transport = transport;
    this.#logger = logger;
    this.#metrics = metrics;
  }

  /** Publishes a message; never throws. */
  add(message: InMessage, reason: RejectReason, why: string): void {
    this.count++;
    this.#metrics.deadLettered.inc({ reason });
    // Log powers of two only: a broken publisher must not flood the log.
    if ((this.count & (this.count - 1)) === 0) {
      const { subject, id, streamSequence } = message;
      this.#logger.error("a message cannot be archived; it goes to the dead letters", {
        reason,
        why,
        subject,
        id,
        streamSequence,
        deadLettered: this.count,
      });
    }
    try {
      this.#publisher ??= this.#transport.publisher();
      // Under the message's own id the bus would drop it as a duplicate.
      const name = /^[\w-]{1,64}$/.test(message.id) ? message.id : message.streamSequence;
      const id = `archiver.${name}`;
      this.#publisher.publish({ subject: this.#subject, payload: letter(message, why), id });
    } catch (error) {
      this.#logger.error("a dead letter could not be published", { error, id: message.id });
    }
  }

  /** Resolves when the bus has stored all letters. */
  async stored(): Promise<void> {
    await this.#publisher?.flush();
  }

  /** Closes the publisher. */
  async close(): Promise<void> {
    await this.#publisher?.close();
  }
}

/** Returns a letter in the format that `ssmd dlq` reads. */
function letter({ subject, payload }: InMessage, reason: string): Uint8Array {
  const record = payload.subarray(0, BYTES_MAX);
  const text = JSON.stringify({
    ...{ feed: parseSubject(subject)?.feed ?? "", subject, reason },
    ...{ bytes: payload.length, record_base64: record.toBase64() },
    truncated: record.length < payload.length,
  });
  return new TextEncoder().encode(text);
}
