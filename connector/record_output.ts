import type { Normalized } from "@ssmd/exchanges";
import { FEED_TYPES, type Gap, type MarketEvent } from "@ssmd/market";
import type { Logger } from "@ssmd/runtime";
import type { OutMessage } from "@ssmd/transport";
import type { AccessDenial } from "./access_denial.ts";
import type { ConnectorMetrics } from "./connector_metrics.ts";
import { recordLetter } from "./dead_letter.ts";
import type { PendingLine, PipelineOutput } from "./pipeline.ts";
import type { PublishQueue } from "./publish_queue.ts";
import type { VenueSocket } from "./socket.ts";
import type { SubscriptionWatch } from "./subscription_watch.ts";
import type { TurnTaker } from "./turn_taker.ts";

/** Options of {@linkcode RecordOutput}. */
interface RecordOutputOptions {
  env: string;
  feed: string;
  logger: Logger;
  metrics: ConnectorMetrics;
  /** By connectionIndex, from 1; filled when sockets are created. */
  sockets: readonly VenueSocket[];
}

/** Receivers of records, attached once all are created. */
interface RecordListeners {
  queue: PublishQueue;
  watch: SubscriptionWatch;
  denial: AccessDenial;
  /** Called with market news of the venue, subscribed or not; the line's time, µs. */
  onNews: (news: readonly unknown[], atUs: number) => void;
  /** Absent when no other process shares the bus. */
  taker: TurnTaker | undefined;
}

/** Most subjects with cached labels; beyond it the cache is cleared. */
const SUBJECTS_MAX = 100_000;
/** Time between log lines of conflicts, µs: a venue that repeats wrongly does so often. */
const CONFLICT_EVERY_US = 60_000_000;

/** Output of a connector's pipeline: the publish queue, metrics and the log. */
export class RecordOutput implements PipelineOutput {
  records = 0;
  gaps = 0;
  unreadable = 0;
  /** Refusals in a recording that name nothing known. */
  foreignRefusals = 0;
  #options: RecordOutputOptions;
  #to: RecordListeners | undefined;
  /** Conflicts since the last log line, and its time, µs. */
  #conflicts = { count: 0, toldUs: -Infinity };
  /** By subject: the count of its stored records; null = a dead letter. */
  #stored = new Map<string, { inc(): void } | null>();

  /** Call {@linkcode attach} before the first line. */
  constructor(options: RecordOutputOptions) {
    this.#options = options;
  }

  /** Sets the receivers. */
  attach(listeners: RecordListeners): void {
    this.#to = listeners;
  }

  publish(message: OutMessage, event: MarketEvent): void {
    this.#to?.queue.push(message);
    this.records++;
    if (event.type !== "gap") this.#to?.watch.seen(event);
    else this.#noteGap(event);
  }

  /** Publishes a record that a turn replays. */
  publishAgain(message: OutMessage): void {
    this.#to?.queue.push(message);
    this.records++;
  }

  #noteGap(gap: Gap): void {
    this.gaps++;
    const { logger } = this.#options;
    const { symbol, channel, reason, missed, recovered, detail, fromUs, toUs } = gap;
    const fields = { symbol, channel, reason, missed, detail };
    const isPlanned = reason === "planned";
    const name = isPlanned ? "gap of a stop on purpose" : "gap";
    if (recovered) {
      logger.info(`${name} recovered`, { ...fields, took_ms: (toUs - fromUs) / 1000 });
    } else if (isPlanned) logger.info(name, fields);
    else logger.warn(name, fields);
  }

  deadLetter(message: OutMessage): void {
    this.#to?.queue.push(message);
  }

  untold(event: MarketEvent): void {
    this.#to?.taker?.untold(event);
    this.#to?.watch.seen(event);
  }

  givesAway(gap: Gap): boolean {
    return this.#to?.taker?.givesAway(gap) ?? false;
  }

  /** Counts a message that the bus has stored. */
  stored(subject: string): void {
    const { metrics } = this.#options;
    let counter = this.#stored.get(subject);
    if (counter === undefined) {
      const [, , type = ""] = subject.split(".");
      counter = (FEED_TYPES as readonly string[]).includes(type)
        ? metrics.published.labels({ ...metrics.labels, type })
        : null;
      if (this.#stored.size >= SUBJECTS_MAX) this.#stored.clear();
      this.#stored.set(subject, counter);
    }
    counter?.inc();
  }

  /** Counts a message that the bus always rejects, and queues its dead letter. */
  rejected(message: OutMessage, reason: string, why: string): void {
    const { metrics, feed } = this.#options;
    metrics.refusals.inc({ feed, reason });
    const letter = recordLetter(this.#options, message, why);
    if (letter !== undefined) this.#to?.queue.push(letter);
  }

  /** Applies the effects of a line beside its records. */
  meaning(line: PendingLine, { send, notice, news }: Normalized): void {
    if (news !== undefined) this.#to?.onNews(news, line.atUs);
    const { logger, metrics, feed, sockets } = this.#options;
    const socket = sockets[line.connectionIndex - 1];
    for (const frame of send) socket?.send(frame);
    const isFrame = line.kind === "frame" || line.kind === "scanned" || line.kind === "line";
    if (isFrame && notice?.type !== "refused") this.#to?.denial.served(line.connectionIndex);
    switch (notice?.type) {
      case "refused":
        metrics.errors.inc({ feed, error_type: "refused" });
        logger.error("the venue refused a request", { answer: notice.message });
        if (notice.isForeign) this.foreignRefusals++;
        // One denied channel must not end a connection that delivers others.
        if (notice.isDenied && this.#to?.denial.isUnproven(line.connectionIndex)) {
          socket?.deny(notice.message);
        } else if (notice.terminal) socket?.reconnect(notice.message);
        break;
      case "unreadable":
        this.unreadable++;
        metrics.errors.inc({ feed, error_type: "parse" });
        logger.warn("a frame cannot be read: it is kept in raw and dead-lettered", {
          reason: notice.reason,
        });
        break;
      case "suspect":
        metrics.errors.inc({ feed, error_type: "suspect" });
        logger.error("records contradict what the venue says", { reason: notice.reason });
        break;
      case "conflict":
        this.#conflict(notice.reason, line.atUs);
        break;
      case "unknown":
        metrics.unknown.inc(metrics.labels);
        logger.debug("a frame of an unknown type is kept in raw only", { what: notice.what });
        break;
      case "dropped":
        metrics.dropped.inc(metrics.labels);
        break;
      case "subscribed":
        logger.debug("subscribed", { channel: notice.channel, symbols: notice.symbols });
    }
  }

  #conflict(reason: string, atUs: number): void {
    const { logger, metrics, feed } = this.#options;
    metrics.errors.inc({ feed, error_type: "conflict" });
    this.#conflicts.count++;
    const { count, toldUs } = this.#conflicts;
    if (atUs < toldUs + CONFLICT_EVERY_US) return;
    logger.warn("a record came again with other values: the first one stays", { reason, count });
    this.#conflicts = { count: 0, toldUs: atUs };
  }
}
