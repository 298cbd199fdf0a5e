import { Backoff, LIMITS, type Logger, messageOf, sleep, TransportError } from "@ssmd/runtime";
import { createInbox, type Msg, type NatsConnection } from "@nats-io/nats-core";
import type { JetStreamManager } from "@nats-io/jetstream";
import { publisherClosed } from "./errors.ts";
import { MsgIdHeader } from "./nats_header.ts";
import { PublishWindow } from "./publish_window.ts";
import { commonFilter } from "./subject_filter.ts";
import type { OutMessage, Publisher } from "./transport.ts";

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
  /** Id of the newest stored message of a filter. */
  lastId: (manager: JetStreamManager, filter: string) => Promise<string | undefined>;
  /** Largest message the server takes, in bytes. */
  payloadBytesMax: () => number;
  logger: Logger;
}

/**
 * A publisher with its own acknowledgement window. It has a connection of its own, and a new one
 * after each loss: nats.js would otherwise keep bytes written during the loss and send them before
 * what was lost, out of order. In one connection the server stores what arrives in order, so after
 * a loss the stream's newest message of ours tells what is stored and what is to be sent again.
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
  /** Below it a message was refused while later ones may be stored: those prove nothing. */
  #refusedBelow = 0;
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

  publish(message: OutMessage): void {
    if (this.#closed) throw publisherClosed();
    if (!this.#subjects.has(message.subject)) this.#checkSubject(message.subject);
    if (!PRINTABLE.test(message.id)) throw invalidId(message.id);
    if (message.payload.length + message.id.length + 64 > this.#options.payloadBytesMax()) {
      throw tooLarge(message, this.#options.payloadBytesMax());
    }
    this.#window.push(message);
    if (this.#connected && this.#sent - this.#window.head < LIMITS.publishInFlightMax) this.#send();
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
      const manager = await this.#options.prepare(connection);
      await this.#skipStored(manager);
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

  /** Acknowledges what an earlier connection stored without our being told. */
  async #skipStored(manager: JetStreamManager): Promise<void> {
    const window = this.#window;
    if (window.head < this.#refusedBelow || window.head >= this.#everSent) return;
    const subjects: string[] = [];
    for (let n = window.head; n < this.#everSent; n++) {
      const message = window.get(n);
      if (message !== undefined) subjects.push(message.subject);
    }
    const stored = await this.#options.lastId(manager, commonFilter(subjects));
    const upTo = stored === undefined || stored === "" ? undefined : window.numberOf(stored);
    if (upTo === undefined || upTo >= this.#everSent) return;
    window.acknowledgeUpTo(upTo);
    this.#settle();
  }

  #pump(): void {
    const { tail } = this.#window;
    while (
      this.#connected && this.#sent < tail &&
      this.#sent - this.#window.head < LIMITS.publishInFlightMax
    ) this.#send();
  }

  #send(): void {
    const number = this.#sent++;
    if (this.#sent > this.#everSent) this.#everSent = this.#sent;
    const message = this.#window.get(number);
    if (message === undefined || this.#connection === undefined) return;
    const reply = this.#inbox + number;
    try {
      if (message.id === "") {
        this.#plainOptions.reply = reply;
        this.#connection.publish(message.subject, message.payload, this.#plainOptions);
        return;
      }
      this.#header.set(message.id);
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
    if (!this.#window.acknowledge(numberAtEnd(answer.subject))) return;
    this.#backoff.reset();
    this.#settle();
    if (this.#sent < this.#window.tail) this.#pump();
  }

  /** Sends everything again on a new connection, after a pause. */
  #onRefusal(answer: Msg): void {
    const number = numberAtEnd(answer.subject);
    this.#connected = false;
    this.#refusedBelow = this.#everSent;
    this.#options.logger.error("the bus refused a message; it is sent again", {
      id: this.#window.get(number)?.id,
      subject: this.#window.get(number)?.subject,
      answer: answer.data.length > 0 ? answer.string() : answer.headers?.status ?? "",
      pending: this.pending,
    });
    void this.#connection?.close();
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
