import { Backoff, type Logger, messageOf, sleep } from "@ssmd/runtime";
import type { Msg, NatsConnection } from "@nats-io/nats-core";
import type { ConsumerInfo, JetStreamManager } from "@nats-io/jetstream";
import { PausableHandler } from "./handler.ts";
import { hasLostEnd, holeBehind, HoleWatch } from "./hole_watch.ts";
import { LiveHoleWatch } from "./live_hole_watch.ts";
import { HEARTBEAT_MS, NatsPull } from "./nats_pull.ts";
import { readerConfig } from "./nats_reader_config.ts";
import { givenHeaders, isLate } from "./nats_header.ts";
import { ackSubjectOf, type Delivery, readDelivery, UnacknowledgedDeliveries } from "./delivery.ts";
import { renewStream, stateOf } from "./nats_stream.ts";
import type { SubjectSpace } from "./subject_space.ts";
import type { ConsumeOptions, InMessage, StreamPosition, StreamState } from "./transport.ts";

const FLUSH_MS_MAX = 3_000;
/** Silence after which the consumer counts as gone: more than two heartbeats. */
const SILENCE_MS_MAX = 12_000;
const ACK = new TextEncoder().encode("+ACK");

/** Options of {@linkcode NatsReader}. */
export interface NatsReaderOptions
  extends Pick<ConsumeOptions, "onMessage" | "onHole" | "position"> {
  connection: NatsConnection;
  manager: JetStreamManager;
  space: SubjectSpace;
  /** Must not overlap: the server refuses that. */
  filters: readonly string[];
  /** Durable name; undefined for a live reader, which starts with the next message. */
  durableName?: string;
  logger: Logger;
}

/** A message of the stream; its headers are parsed only on access. */
class StreamMessage implements InMessage {
  readonly subject: string;
  readonly payload: Uint8Array;
  readonly streamSequence: number;
  #source: Msg;

  constructor(source: Msg, streamSequence: number, subject: string) {
    this.subject = subject;
    this.payload = source.data;
    this.streamSequence = streamSequence;
    this.#source = source;
  }

  get id(): string {
    return this.#source.headers?.get("Nats-Msg-Id") ?? "";
  }

  get late(): boolean {
    return isLate(this.#source.headers);
  }

  get headers(): ReadonlyMap<string, string> {
    return givenHeaders(this.#source.headers);
  }
}

/**
 * Reads a stream in order, each message once, through a pull consumer. Whenever deliveries may be
 * missing (reconnect, a hole in the consumer sequences, silence, a deleted consumer or stream) it
 * recreates the consumer after the last acknowledged message and skips what it has delivered: the
 * server redelivers lost messages only after its ack timer, and out of order.
 */
export class NatsReader {
  #options: NatsReaderOptions;
  #pull: NatsPull;
  #ackPrefix = "";
  #delivery: Delivery = { prefixLength: 0, streamSequence: 0, consumerSequence: 0 };
  #unacknowledged = new UnacknowledgedDeliveries();
  #expected = 1;
  /** Stream sequence of the newest message delivered or held. */
  #newest = 0;
  #acknowledged = 0;
  /** Whether it has created a consumer before. */
  #begun = false;
  /** Identity of the stream, µs; 0 = none seen. */
  #createdAtUs = 0;
  /** Creation of the stream, µs. */
  #madeAtUs = 0;
  #handler: PausableHandler;
  /** Used by durable readers. */
  #holes: HoleWatch;
  #liveHoles: LiveHoleWatch;
  #heard = true;
  #silentSinceMs = 0;
  #watch: ReturnType<typeof setInterval> | undefined;
  #rewinding: Promise<void> | undefined;
  #rewindAgain = false;
  #backoff = new Backoff({ firstMs: 100, maxMs: 5_000 });
  #abort = new AbortController();

  /** Reads nothing before {@linkcode start}. */
  constructor(options: NatsReaderOptions) {
    this.#options = options;
    const { connection, manager, space: { stream }, durableName } = options;
    this.#pull = new NatsPull({ connection, manager, stream, durableName });
    const goOn = () => {
      if (this.#rewinding === undefined) this.#ask();
    };
    const { onMessage, onHole, logger } = options;
    this.#handler = new PausableHandler(onMessage, goOn, logger);
    const state = () => this.#state();
    this.#holes = new HoleWatch({
      ...{ handler: this.#handler, state, onHole, onReleased: goOn, logger },
    });
    this.#liveHoles = new LiveHoleWatch({ state, onHole });
  }

  #state(): ReturnType<typeof stateOf> {
    const { manager, space: { stream } } = this.#options;
    return stateOf(manager, stream);
  }

  get #isDurable(): boolean {
    return this.#options.durableName !== undefined;
  }

  /** Filters as the server has them. */
  get #filters(): string[] {
    const { filters, space } = this.#options;
    return filters.map((filter) => space.toServer(filter));
  }

  #received(message: Msg, streamSequence: number): StreamMessage {
    const subject = this.#options.space.fromServer(message.subject);
    return new StreamMessage(message, streamSequence, subject);
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Sequence after which messages are delivered; known after {@linkcode start}. */
  startSequence = 0;

  /** Position of a durable reader. */
  get position(): StreamPosition {
    return this.#holes.position;
  }

  /** Creates or resumes the consumer and starts reading. */
  async start(): Promise<void> {
    const { position } = this.#options;
    let state = await this.#state();
    if (hasLostEnd(position, state)) state = await this.#renewed(state);
    this.#createdAtUs = state.createdAtUs;
    this.#madeAtUs = state.madeAtUs;
    const known = await this.#pull.find();
    if (known !== undefined) {
      this.#acknowledged = known.ack_floor.stream_seq;
      this.#newest = this.#acknowledged;
    }
    if (known !== undefined && this.#canGoOnWith(known)) this.#listen(known);
    else await this.#create(known !== undefined);
    this.startSequence = this.#newest;
    this.#watch = setInterval(() => this.#listenForSilence(), HEARTBEAT_MS);
    if (this.#isDurable) await this.#holes.begin(state, this.#newest, holeBehind(position, state));
    else this.#liveHoles.begin(state, this.#newest);
  }

  /** Renews the identity of a stream that lost its end, as its sequences are reused. */
  async #renewed({ createdAtUs }: StreamState): ReturnType<typeof stateOf> {
    const { manager, space: { stream } } = this.#options;
    await renewStream(manager, stream, createdAtUs);
    return await this.#state();
  }

  /** Acknowledges everything up to and including `streamSequence`. */
  acknowledge(streamSequence: number): void {
    if (this.closed || streamSequence <= this.#acknowledged) return;
    this.#acknowledged = Math.min(streamSequence, this.#newest);
    this.#sendAck();
  }

  /** Pauses delivery; the server keeps the rest. */
  pause(): void {
    this.#handler.pause();
  }

  /** Delivers held messages and resumes reading. */
  resume(): void {
    if (!this.closed) this.#handler.resume();
  }

  /** Must be called after a reconnect. */
  reconnected(): void {
    this.#rewind("the connection was lost");
  }

  /** Stops reading; acknowledgements are flushed to the server. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.#abort.abort();
    clearInterval(this.#watch);
    this.#handler.close();
    this.#holes.close();
    this.#liveHoles.close();
    this.#pull.stop();
    await this.#rewinding;
    const { connection, durableName } = this.#options;
    if (connection.isClosed()) return;
    if (durableName === undefined) await this.#pull.remove();
    else await this.#flushAcks();
  }

  async #flushAcks(): Promise<void> {
    const flushDone = new AbortController();
    const flushing = this.#options.connection.flush().catch(() => {});
    // A hanging server must not block closing; what it missed is redelivered.
    await Promise.race([flushing, sleep(FLUSH_MS_MAX, flushDone.signal)]);
    flushDone.abort();
  }

  /** Whether the consumer can be resumed: same filters, and no delivery awaits its ack timer. */
  #canGoOnWith({ config, num_ack_pending }: ConsumerInfo): boolean {
    const filters = config.filter_subjects ?? [config.filter_subject ?? ">"];
    return num_ack_pending === 0 && filters.join(" ") === this.#filters.join(" ");
  }

  /** Creates the consumer after the last acknowledged message, replacing a `known` one. */
  async #create(known: boolean): Promise<void> {
    const { durableName } = this.#options;
    if (known) await this.#pull.remove();
    // A live reader that started on an empty stream must get everything in it now.
    const isFirst = !this.#begun;
    const after = durableName === undefined ? this.#newest : this.#acknowledged;
    const config = readerConfig({ filters: this.#filters, durableName, after, isFirst });
    const info = await this.#pull.create(config);
    if (durableName === undefined && this.#newest === 0) {
      this.#newest = info.delivered.stream_seq;
    }
    this.#begun = true;
    this.#listen(info);
  }

  /** Subscribes to a consumer and pulls. */
  #listen(info: ConsumerInfo): void {
    this.#pull.reset(info.name);
    this.#expected = info.delivered.consumer_seq + 1;
    this.#unacknowledged.reset(this.#expected);
    this.#ackPrefix = "";
    this.#heard = true;
    if (this.closed) return;
    this.#pull.listen(
      (message) => this.#onMessage(message),
      (error) => this.#rewind(messageOf(error)),
    );
    this.#ask();
  }

  /** Asks for more messages, if it can take them. */
  #ask(): void {
    if (this.#handler.paused || this.closed) return;
    if (this.#isDurable && this.#holes.isHolding) return;
    this.#pull.ask();
  }

  #onMessage(message: Msg): void {
    this.#heard = true;
    const reply = message.reply ?? "";
    const delivery = this.#delivery;
    if (reply === "" || !readDelivery(reply, delivery)) return this.#onStatus(message);
    if (this.#rewinding !== undefined) return;
    this.#pull.delivered();
    if (delivery.consumerSequence !== this.#expected) {
      return this.#rewind("deliveries are missing");
    }
    this.#expected++;
    this.#noteDelivery(reply, delivery);
    if (delivery.streamSequence > this.#newest) {
      this.#newest = delivery.streamSequence;
      const received = this.#received(message, delivery.streamSequence);
      if (this.#isDurable) this.#holes.take(received);
      else {
        this.#liveHoles.take(received.streamSequence);
        this.#handler.take(received);
      }
    }
    if (this.#pull.isHalfDone) this.#ask();
  }

  #noteDelivery(reply: string, delivery: Delivery): void {
    if (this.#options.durableName === undefined) return;
    if (this.#ackPrefix === "") this.#ackPrefix = reply.slice(0, delivery.prefixLength);
    this.#unacknowledged.push(delivery.streamSequence);
    // After a rewind the acknowledged message may be delivered again only now.
    if (delivery.streamSequence === this.#acknowledged) this.#sendAck();
  }

  #sendAck(): void {
    const taken = this.#unacknowledged.take(this.#acknowledged);
    if (taken === undefined || this.#options.connection.isClosed()) return;
    const subject = ackSubjectOf(this.#ackPrefix, taken.streamSequence, taken.consumerSequence);
    this.#options.connection.publish(subject, ACK);
  }

  /** Handles statuses of pulls: heartbeats, and the end of a pull. */
  #onStatus(message: Msg): void {
    const { headers } = message;
    const code = headers?.code ?? 0;
    if (this.#rewinding !== undefined) return;
    if (code === 100) return this.#onHeartbeat(message);
    const ended = code === 404 || code === 408 ||
      /batch completed|maxbytes/i.test(reasonOf(message));
    if (!ended) return this.#rewind(`${code} ${reasonOf(message)}`);
    const left = headers?.get("Nats-Pending-Messages") ?? "";
    this.#pull.ended(left === "" ? undefined : Number(left));
    if (!this.#handler.holding) this.#ask();
  }

  /** Notes how far the server has scanned, even without a matching message. */
  #onHeartbeat({ headers }: Msg): void {
    const given = Number(headers?.get("Nats-Last-Consumer") ?? "");
    const looked = Number(headers?.get("Nats-Last-Stream") ?? "");
    if (given !== this.#expected - 1 || looked === 0) return;
    if (this.#isDurable) this.#holes.reach(looked);
    else this.#liveHoles.reach(looked);
  }

  #listenForSilence(): void {
    const nowMs = performance.now();
    if (this.#heard && this.#rewinding === undefined) this.#backoff.reset();
    if (this.#heard || !this.#pull.isAwaiting || this.#handler.paused) {
      this.#heard = false;
      this.#silentSinceMs = nowMs;
    } else if (nowMs - this.#silentSinceMs > SILENCE_MS_MAX) {
      this.#silentSinceMs = nowMs;
      this.#rewind("the bus is silent");
    }
  }

  #rewind(why: string): void {
    if (this.closed) return;
    if (this.#rewinding !== undefined) {
      this.#rewindAgain = true;
      return;
    }
    const { durableName, space: { stream } } = this.#options;
    this.#options.logger.warn("reader starts over", {
      why,
      stream,
      consumer: durableName ?? "live",
      after: durableName === undefined ? this.#newest : this.#acknowledged,
    });
    this.#rewinding = this.#tryToRewind().finally(() => this.#rewinding = undefined);
  }

  async #tryToRewind(): Promise<void> {
    do {
      this.#rewindAgain = false;
      await sleep(this.#backoff.nextMs(), this.#abort.signal);
      if (this.closed || this.#options.connection.isClosed()) return;
      try {
        await this.#matchStream();
        await this.#create(true);
      } catch (error) {
        this.#rewindAgain = true;
        this.#options.logger.debug("reader cannot start over yet", { error: messageOf(error) });
      }
    } while (this.#rewindAgain && !this.closed);
  }

  /** Adapts to a recreated stream, or one that lost its end: its sequences are lower. */
  async #matchStream(): Promise<void> {
    const { space: { stream }, logger } = this.#options;
    let state = await this.#state();
    // Before the first start no stream was seen.
    const isFirst = this.#createdAtUs === 0;
    const isOther = !isFirst && state.madeAtUs !== this.#madeAtUs;
    const last = isOther ? 0 : state.lastSequence;
    const hasLost = !isFirst && (isOther || last < this.#newest);
    const isUntold = hasLost && state.createdAtUs === this.#createdAtUs;
    if (isUntold && this.#isDurable) state = await this.#renewed(state);
    if (hasLost) {
      logger.error("the stream lost messages that were delivered", {
        ...{ stream, delivered: this.#newest, last: state.lastSequence, madeAnew: isOther },
      });
      this.#newest = Math.min(this.#newest, last);
      this.#acknowledged = Math.min(this.#acknowledged, last);
    }
    const { createdAtUs } = state;
    // Another reader may have renewed it, and the stream may have grown since.
    const isNews = !isFirst && createdAtUs !== this.#createdAtUs;
    if (isNews && this.#isDurable) this.#holes.follow({ createdAtUs, sequence: this.#newest });
    if (isNews || hasLost) this.#liveHoles.begin(state, this.#newest);
    this.#createdAtUs = createdAtUs;
    this.#madeAtUs = state.madeAtUs;
  }
}

function reasonOf(message: Msg): string {
  return message.headers?.description ?? "";
}
