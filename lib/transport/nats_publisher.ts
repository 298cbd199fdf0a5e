import { Backoff, LIMITS, type Logger, messageOf, sleep, TransportError } from "@ssmd/runtime";
import { createInbox, errors, type Msg, type NatsConnection } from "@nats-io/nats-core";
import type { JetStreamManager } from "@nats-io/jetstream";
import { publisherClosed } from "./errors.ts";
import { MessageCheck, sizeOf } from "./message_check.ts";
import { NatsMessageWriter } from "./nats_header.ts";
import { isStored, numberOf } from "./publish_answer.ts";
import { PublishWaiters } from "./publish_waiters.ts";
import { PublishWindow } from "./publish_window.ts";
import { isFinal, refusalOf } from "./refusal.ts";
import { StallWatch } from "./stall_watch.ts";
import { StoredProof } from "./stored_proof.ts";
import type { SubjectSpace } from "./subject_space.ts";
import type { OutMessage, Publisher, PublisherOptions, PublishRefusal } from "./transport.ts";

const LOG_EVERY_TRIES = 20;
const CHECK_EVERY_MS = 1_000;

/** Options of {@linkcode NatsPublisher}. */
interface NatsPublisherOptions {
  /** Only subjects below it are stored. */
  env: string;
  /** Opens a connection without reconnects. */
  connect: () => Promise<NatsConnection>;
  /** Creates the stream when missing; returns the manager. */
  prepare: (connection: NatsConnection) => Promise<JetStreamManager>;
  space: SubjectSpace;
  /** Callbacks for the outcome of messages. */
  reports: PublisherOptions;
  /** Returns the server's largest message, bytes. */
  payloadBytesMax: () => number;
  logger: Logger;
}

/**
 * Publisher with its own acknowledgement window. It uses its own connection and opens a new one
 * after each loss, as nats.js would otherwise buffer writes during the loss and send them before
 * the lost messages, out of order. Messages stored without an acknowledgement on an earlier
 * connection are found in the stream by their ids: a stored message proves nothing for earlier
 * ones, as the server may have refused one (missing permission, full store) and stored the next.
 * After a refusal messages are sent one at a time until the refused one is stored.
 */
export class NatsPublisher implements Publisher {
  #options: NatsPublisherOptions;
  #window = new PublishWindow();
  #writer: NatsMessageWriter;
  #connection: NatsConnection | undefined;
  #inbox = "";
  #connected = false;
  /** Number of the next message to send on this connection. */
  #sent = 0;
  /** Number after the newest message ever sent. */
  #everSent = 0;
  /** Number of the newest message known to be stored. */
  #newestStored = -1;
  /** Up to this number, messages are sent one at a time. */
  #probeUpTo = -1;
  #refusal: PublishRefusal | undefined;
  #proof: StoredProof;
  #closed = false;
  #abort = new AbortController();
  #running: Promise<void>;
  #backoff = new Backoff({ firstMs: 100, maxMs: 2_000 });
  #check: MessageCheck;
  #stall = new StallWatch();
  #waiters = new PublishWaiters();

  /** Starts connecting at once. */
  constructor(options: NatsPublisherOptions) {
    this.#options = options;
    this.#writer = new NatsMessageWriter(options.space);
    this.#proof = new StoredProof(this.#window);
    this.#check = new MessageCheck(options.env, options.payloadBytesMax);
    this.#running = this.#run();
  }

  get pending(): number {
    return this.#window.tail - this.#window.head;
  }

  get full(): boolean {
    return this.pending >= LIMITS.publishInFlightMax;
  }

  get acknowledgedId(): string {
    return this.#window.acknowledgedId;
  }

  get connected(): boolean {
    return this.#connected;
  }

  get refusal(): PublishRefusal | undefined {
    return this.#refusal;
  }

  publish(message: OutMessage): void {
    if (this.#closed) throw publisherClosed();
    this.#check.assertValid(message);
    this.#window.push(message);
    if (this.#connected && this.#sent - this.#window.head < this.#inFlightMax) this.#send();
  }

  ready(): Promise<void> {
    if (!this.full || this.#closed) return Promise.resolve();
    return this.#waiters.room();
  }

  flush(): Promise<void> {
    if (this.pending === 0) return Promise.resolve();
    if (this.#closed) return Promise.reject(publisherClosed());
    return this.#waiters.stored(this.#window.tail);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#connected = false;
    this.#abort.abort();
    await this.#connection?.close();
    await this.#running;
    this.#waiters.close();
  }

  get #inFlightMax(): number {
    return this.#window.head <= this.#probeUpTo ? 1 : LIMITS.publishInFlightMax;
  }

  /** Runs one connection after the other, until closed. */
  async #run(): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#session(await this.#options.connect());
      } catch (error) {
        if (this.#closed) break;
        const { tries } = this.#backoff;
        const fields = { error: messageOf(error), pending: this.pending, tries };
        if (tries % LOG_EVERY_TRIES === 0) {
          this.#options.logger.warn("publisher cannot reach the bus", fields);
        }
      }
      if (!this.#closed) await sleep(this.#backoff.nextMs(), this.#abort.signal);
    }
  }

  async #session(connection: NatsConnection): Promise<void> {
    this.#connection = connection;
    const watch = setInterval(() => this.#watch(), CHECK_EVERY_MS);
    try {
      if (this.#closed) return;
      void this.#watchErrors(connection);
      await this.#proveStored(connection, await this.#options.prepare(connection));
      await this.#confirm();
      this.#inbox = `${createInbox()}.`;
      connection.subscribe(`${this.#inbox}*`, {
        callback: (error, answer) => {
          if (error === null) this.#onAnswer(connection, answer);
          else void connection.close();
        },
      });
      this.#sent = this.#window.head;
      this.#stall.reset();
      this.#connected = !this.#closed;
      this.#pump();
      await connection.closed();
      if (!this.#closed) {
        this.#options.logger.warn("publisher lost the bus", { pending: this.pending });
      }
    } finally {
      this.#connected = false;
      clearInterval(watch);
      await connection.close();
    }
  }

  async #confirm(): Promise<void> {
    const { confirm } = this.#options.reports;
    if (confirm === undefined || this.pending === 0 || await confirm()) return;
    throw new TransportError("PUBLISHER_REPLACED", "Another process has taken over publishing", {
      context: { pending: this.pending },
      hint: "The other process publishes what is waiting; stop this one",
    });
  }

  /** Acknowledges messages that an earlier connection stored without an answer. */
  async #proveStored(connection: NatsConnection, manager: JetStreamManager): Promise<void> {
    const target = { connection, manager, space: this.#options.space };
    for (const number of await this.#proof.storedIn(target, this.#everSent)) {
      this.#acknowledge(number);
    }
    this.#waiters.look(this.#window);
  }

  /** Notes that a message is stored; returns whether the window's head moved. */
  #acknowledge(number: number): boolean {
    const message = this.#window.get(number);
    if (message === undefined) return false;
    if (number > this.#newestStored) this.#newestStored = number;
    const isHead = this.#window.acknowledge(number);
    if (this.#refusal?.id === message.id) this.#refusal = undefined;
    this.#options.reports.onStored?.(message);
    return isHead;
  }

  #pump(): void {
    const { tail } = this.#window;
    while (
      this.#connected && this.#sent < tail &&
      this.#sent - this.#window.head < this.#inFlightMax
    ) this.#send();
  }

  #send(): void {
    const number = this.#sent++;
    if (this.#sent > this.#everSent) this.#everSent = this.#sent;
    const message = this.#window.get(number);
    if (message === undefined || this.#connection === undefined) return;
    const bytesMax = this.#connection.info?.max_payload ?? Infinity;
    if (sizeOf(message) > bytesMax) {
      const detail = `the server takes ${bytesMax} bytes`;
      return this.#reject(number, { ...message, reason: "size", detail });
    }
    const reply = this.#inbox + number;
    const isLate = message.late === true || number < this.#newestStored;
    try {
      this.#writer.write(this.#connection, message, { reply, isLate });
    } catch (error) {
      // The connection has just ended; the message stays in the window for the next one.
      this.#connected = false;
      this.#options.logger.debug("publish on an ended connection", { error: messageOf(error) });
      void this.#connection.close();
    }
  }

  #onAnswer(connection: NatsConnection, answer: Msg): void {
    if (connection !== this.#connection || !this.#connected) return;
    if (!isStored(answer)) return this.#onRefusal(answer);
    if (!this.#acknowledge(numberOf(answer))) return;
    this.#proof.acknowledgedWith(answer);
    this.#backoff.reset();
    this.#waiters.look(this.#window);
    if (this.#sent < this.#window.tail) this.#pump();
  }

  #onRefusal(answer: Msg): void {
    const number = numberOf(answer);
    const message = this.#window.get(number);
    if (message === undefined) return;
    const refusal = refusalOf(message, answer);
    if (isFinal(refusal.reason)) this.#reject(number, refusal);
    else this.#holdBack(number, refusal);
  }

  /** Closes the connection; after a pause a new one sends all unstored messages again. */
  #holdBack(number: number, refusal: PublishRefusal): void {
    this.#connected = false;
    this.#probeUpTo = Math.max(this.#probeUpTo, number);
    if (this.#refusal === undefined || this.#backoff.tries % LOG_EVERY_TRIES === 0) {
      this.#options.logger.error(
        `the bus refuses a message (${refusal.reason}); it is sent again, the rest waits`,
        { ...refusal, pending: this.pending },
      );
    }
    this.#refusal = refusal;
    this.#options.reports.onRefused?.(refusal);
    void this.#connection?.close();
  }

  /** Drops a message that the bus will never take, so that it does not block those after it. */
  #reject(number: number, { reason, subject, id, detail }: PublishRefusal): void {
    const message = this.#window.get(number);
    if (message === undefined) return;
    this.#window.acknowledge(number);
    this.#options.logger.error(`the bus never takes a message (${reason})`, {
      ...{ subject, id, detail },
    });
    this.#options.reports.onRejected?.(message, { reason, subject, id, detail });
    this.#waiters.look(this.#window);
    this.#pump();
  }

  /** The server reports a missing publish permission on the connection, not to the reply. */
  async #watchErrors(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type !== "error" || connection !== this.#connection) continue;
      const { error } = status;
      if (!(error instanceof errors.PermissionViolationError)) continue;
      const subject = this.#options.space.fromServer(error.subject);
      const number = this.#window.oldestOf(subject, this.#everSent);
      if (error.operation !== "publish" || number === undefined || !this.#connected) continue;
      const id = this.#window.get(number)?.id ?? "";
      const detail = error.message;
      this.#holdBack(number, { reason: "permission", subject, id, detail });
    }
  }

  #watch(): void {
    const isStalled = this.#stall.look(this.#window.head, this.#sent);
    if (!this.#connected || !isStalled) return;
    this.#connected = false;
    this.#options.logger.warn("no acknowledgement in time; everything pending is sent again", {
      pending: this.pending,
    });
    void this.#connection?.close();
  }
}
