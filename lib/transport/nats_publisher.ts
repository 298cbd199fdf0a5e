import { Backoff, LIMITS, type Logger, messageOf, sleep, TransportError } from "@ssmd/runtime";
import { createInbox, errors, type Msg, type NatsConnection } from "@nats-io/nats-core";
import type { JetStreamManager } from "@nats-io/jetstream";
import { publisherClosed } from "./errors.ts";
import { assertHeaders } from "./message_headers.ts";
import { headersOf, MsgIdHeader } from "./nats_header.ts";
import { renewStream, stateOf } from "./nats_stream.ts";
import { PublishWindow } from "./publish_window.ts";
import { isFinal, refusalOf } from "./refusal.ts";
import { storedNumbers } from "./stored_ids.ts";
import type { OutMessage, Publisher, PublisherOptions, PublishRefusal } from "./transport.ts";

/** Longest time without progress on the oldest message before everything is sent again. */
const ACK_MS_MAX = 5_000;
const LOG_EVERY_TRIES = 20;
const CHECK_EVERY_MS = 1_000;
/** `ready` resolves when this share of the window is free, not for each single message. */
const READY_BELOW = LIMITS.publishInFlightMax * 0.75;
const SUBJECTS_REMEMBERED_MAX = 100_000;
/** Second letter of an answer's first key: `{"stream":…`; an error begins with `{"error":…`. */
const LETTER_S = 115;
/** A header's value ends at a line break; blanks at its ends would be cut. */
const PRINTABLE = /^[!-~]*$/;

/** What a publisher needs from its transport. */
export interface NatsPublisherOptions {
  /** Only subjects below it are stored. */
  env: string;
  /** Opens a connection that does not come back by itself. */
  connect: () => Promise<NatsConnection>;
  /** Makes sure that the stream is there; gives its management. */
  prepare: (connection: NatsConnection) => Promise<JetStreamManager>;
  /** Name of the stream. */
  stream: string;
  /** Who is told of what became of messages. */
  reports: PublisherOptions;
  /** Largest message the server takes, in bytes. */
  payloadBytesMax: () => number;
  logger: Logger;
}

/**
 * A publisher with its own acknowledgement window. It has a connection of its own, and a new one
 * after each loss: nats.js would otherwise keep bytes written during the loss and send them before
 * what was lost, out of order. What an earlier connection stored without an acknowledgement is read
 * from the stream by its ids: a stored message proves nothing for those before it, as the server may
 * have refused one (a right that is missing, a full store) and stored the next. After a refusal one
 * message at a time is sent until the refused one is stored.
 */
export class NatsPublisher implements Publisher {
  #options: NatsPublisherOptions;
  #window = new PublishWindow();
  #header = new MsgIdHeader();
  #publishOptions = { reply: "", headers: this.#header.headers };
  #plainOptions = { reply: "" };
  #connection: NatsConnection | undefined;
  #inbox = "";
  #connected = false;
  /** Number of the next message to be sent on this connection. */
  #sent = 0;
  /** Number after the newest message that was ever sent. */
  #everSent = 0;
  /** Number of the newest message known to be stored. */
  #newestStored = -1;
  /** Up to this number messages are sent one at a time. */
  #probeUpTo = -1;
  #refusal: PublishRefusal | undefined;
  /** The stream whose sequences are meant. */
  #createdAtUs = 0;
  /** All sent messages without a proof are stored behind this place, if they are. */
  #provenSequence = 0;
  /** The last acknowledgement of the window's head; its sequence is read when it is needed. */
  #lastAcknowledgement: Msg | undefined;
  #closed = false;
  #abort = new AbortController();
  #running: Promise<void>;
  #backoff = new Backoff({ firstMs: 100, maxMs: 2_000 });
  #subjects = new Set<string>();
  #oldest = -1;
  #oldestSinceMs = 0;
  #readers: (() => void)[] = [];
  #flushers: { upTo: number; resolve: () => void; reject: (error: Error) => void }[] = [];

  /** Begins to connect at once. */
  constructor(options: NatsPublisherOptions) {
    this.#options = options;
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
    if (!this.#subjects.has(message.subject)) this.#checkSubject(message.subject);
    if (!PRINTABLE.test(message.id)) throw invalidId(message.id);
    if (message.headers !== undefined) assertHeaders(message.headers);
    if (sizeOf(message) > this.#options.payloadBytesMax()) {
      throw tooLarge(message, this.#options.payloadBytesMax());
    }
    this.#window.push(message);
    if (this.#connected && this.#sent - this.#window.head < this.#inFlightMax) this.#send();
  }

  ready(): Promise<void> {
    if (!this.full || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#readers.push(resolve));
  }

  flush(): Promise<void> {
    if (this.pending === 0) return Promise.resolve();
    if (this.#closed) return Promise.reject(publisherClosed());
    return new Promise((resolve, reject) =>
      this.#flushers.push({ upTo: this.#window.tail, resolve, reject })
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#connected = false;
    this.#abort.abort();
    await this.#connection?.close();
    await this.#running;
    for (const resolve of this.#readers.splice(0)) resolve();
    for (const { reject } of this.#flushers.splice(0)) reject(publisherClosed());
  }

  get #inFlightMax(): number {
    return this.#window.head <= this.#probeUpTo ? 1 : LIMITS.publishInFlightMax;
  }

  /** One connection after the other, until closed. */
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
      this.#oldest = -1;
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
    throw new TransportError("PUBLISHER_REPLACED", "Another process publishes in its place.", {
      context: { pending: this.pending },
      hint: "What waits is told by the other one; end this process.",
    });
  }

  /** Acknowledges what an earlier connection stored without our being told. */
  async #proveStored(connection: NatsConnection, manager: JetStreamManager): Promise<void> {
    const { stream } = this.#options;
    const { createdAtUs, lastSequence } = await stateOf(manager, stream);
    const acknowledged = sequenceIn(this.#lastAcknowledgement);
    let proven = Math.max(this.#provenSequence, acknowledged);
    const isSame = createdAtUs === this.#createdAtUs;
    if (isSame && lastSequence < proven) await renewStream(manager, stream, createdAtUs);
    if (!isSame || lastSequence < proven) proven = 0;
    this.#createdAtUs = createdAtUs;
    if (this.#window.head < this.#everSent) {
      const span = { first: proven + 1, last: lastSequence };
      const target = { connection, manager, stream };
      for (
        const number of await storedNumbers(target, this.#window, { end: this.#everSent, span })
      ) {
        this.#acknowledge(number);
      }
    }
    this.#provenSequence = lastSequence;
    this.#lastAcknowledgement = undefined;
    this.#settle();
  }

  /** Notes that a message is stored; whether the oldest message is now another one. */
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
    const late = message.late === true || number < this.#newestStored;
    try {
      if (message.headers !== undefined) {
        const options = { reply, headers: headersOf(message, late) };
        this.#connection.publish(message.subject, message.payload, options);
        return;
      }
      if (message.id === "") {
        this.#plainOptions.reply = reply;
        this.#connection.publish(message.subject, message.payload, this.#plainOptions);
        return;
      }
      this.#header.set(message.id, late);
      this.#publishOptions.reply = reply;
      this.#connection.publish(message.subject, message.payload, this.#publishOptions);
    } catch (error) {
      // The connection has just ended; the message stays in the window and goes out on the next.
      this.#connected = false;
      this.#options.logger.debug("publish on an ended connection", { error: messageOf(error) });
      void this.#connection.close();
    }
  }

  #onAnswer(connection: NatsConnection, answer: Msg): void {
    if (connection !== this.#connection || !this.#connected) return;
    const { data } = answer;
    if (data.length < 3 || data[2] !== LETTER_S) return this.#onRefusal(answer);
    if (!this.#acknowledge(numberAtEnd(answer.subject))) return;
    this.#lastAcknowledgement = answer;
    this.#backoff.reset();
    this.#settle();
    if (this.#sent < this.#window.tail) this.#pump();
  }

  #onRefusal(answer: Msg): void {
    const number = numberAtEnd(answer.subject);
    const message = this.#window.get(number);
    if (message === undefined) return;
    const refusal = refusalOf(message, answer);
    if (isFinal(refusal.reason)) this.#reject(number, refusal);
    else this.#holdBack(number, refusal);
  }

  /** Sends everything that is not stored again on a new connection, after a pause. */
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

  /** Gives up what the bus will never take, so that it holds up nothing behind it. */
  #reject(number: number, { reason, subject, id, detail }: PublishRefusal): void {
    const message = this.#window.get(number);
    if (message === undefined) return;
    this.#window.acknowledge(number);
    this.#options.logger.error(`the bus never takes a message (${reason})`, {
      ...{ subject, id, detail },
    });
    this.#options.reports.onRejected?.(message, { reason, subject, id, detail });
    this.#settle();
    this.#pump();
  }

  /** The server answers a publish without the right to it on the connection, not to its reply. */
  async #watchErrors(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type !== "error" || connection !== this.#connection) continue;
      const { error } = status;
      if (!(error instanceof errors.PermissionViolationError)) continue;
      const number = this.#oldestOf(error.subject);
      if (error.operation !== "publish" || number === undefined || !this.#connected) continue;
      const id = this.#window.get(number)?.id ?? "";
      const detail = error.message;
      this.#holdBack(number, { reason: "permission", subject: error.subject, id, detail });
    }
  }

  #oldestOf(subject: string): number | undefined {
    for (let n = this.#window.head; n < this.#everSent; n++) {
      if (this.#window.get(n)?.subject === subject) return n;
    }
    return undefined;
  }

  #watch(): void {
    const { head } = this.#window;
    const nowMs = performance.now();
    if (head !== this.#oldest || this.#sent === head) {
      this.#oldest = head;
      this.#oldestSinceMs = nowMs;
      return;
    }
    if (!this.#connected || nowMs - this.#oldestSinceMs < ACK_MS_MAX) return;
    this.#connected = false;
    this.#options.logger.warn("no acknowledgement in time; everything pending is sent again", {
      pending: this.pending,
    });
    void this.#connection?.close();
  }

  /** Wakes whoever waits for the window. */
  #settle(): void {
    if (this.#readers.length > 0 && this.pending < READY_BELOW) {
      for (const resolve of this.#readers.splice(0)) resolve();
    }
    const { head } = this.#window;
    for (let first = this.#flushers[0]; first !== undefined; first = this.#flushers[0]) {
      if (first.upTo > head) return;
      this.#flushers.shift();
      first.resolve();
    }
  }

  #checkSubject(subject: string): void {
    const { env } = this.#options;
    if (!subject.startsWith(`${env}.`) || !/^[^\s.*>]+(\.[^\s.*>]+)+$/.test(subject)) {
      throw new TransportError("SUBJECT_INVALID", `Nothing can be published on "${subject}".`, {
        context: { subject, env },
        hint: `A subject begins with "${env}." and has no blanks, wildcards or empty tokens.`,
      });
    }
    if (this.#subjects.size >= SUBJECTS_REMEMBERED_MAX) this.#subjects.clear();
    this.#subjects.add(subject);
  }
}

/** The place in the stream that an acknowledgement tells; 0 = none. */
function sequenceIn(answer: Msg | undefined): number {
  if (answer === undefined) return 0;
  const { seq } = answer.json<{ seq?: number }>();
  return seq ?? 0;
}

/** Bytes of payload and headers, at most. */
function sizeOf({ payload, id, headers }: OutMessage): number {
  let size = payload.length + id.length + 64;
  for (const [name, value] of headers ?? []) size += name.length + value.length + 4;
  return size;
}

function numberAtEnd(subject: string): number {
  let value = 0;
  let unit = 1;
  for (let i = subject.length - 1; i >= 0; i--) {
    const digit = subject.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) break;
    value += digit * unit;
    unit *= 10;
  }
  return value;
}

function invalidId(id: string): TransportError {
  return new TransportError("ID_INVALID", `The message id ${JSON.stringify(id)} is refused.`, {
    context: { id },
    hint: "An id is printable ASCII without blanks, such as `{run}-{frame}-{index}`.",
  });
}

function tooLarge(message: OutMessage, bytesMax: number): TransportError {
  return new TransportError(
    "MESSAGE_TOO_LARGE",
    `A message of ${message.payload.length} bytes on "${message.subject}" is too large.`,
    {
      context: { subject: message.subject, id: message.id, bytesMax },
      hint: `The nats-server takes ${bytesMax} bytes; raise its max_payload.`,
    },
  );
}
