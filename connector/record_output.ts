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
  /** By connectionIndex, from 1; filled as they are made. */
  sockets: readonly VenueSocket[];
}

/** Who is told of records, once all of them are there. */
interface RecordListeners {
  queue: PublishQueue;
  watch: SubscriptionWatch;
  denial: AccessDenial;
  /** What the venue said of markets, ordered or not; the time of its line, µs. */
  onNews: (news: readonly unknown[], atUs: number) => void;
  /** Absent where no other process shares the bus. */
  taker: TurnTaker | undefined;
}

/** Subjects whose labels are remembered; beyond it all are forgotten and found again. */
const SUBJECTS_MAX = 100_000;

/** Where records of a connector go: to the queue of the bus, and into counts and the log. */
export class RecordOutput implements PipelineOutput {
  records = 0;
  gaps = 0;
  unreadable = 0;
  /** Refusals of a recording that name nothing that is known. */
  foreignRefusals = 0;
  #options: RecordOutputOptions;
  #to: RecordListeners | undefined;
  /** By subject: labels of a stored record; null = a dead letter. */
  #stored = new Map<string, { feed: string; type: string } | null>();

  /** Before the first line {@linkcode attach} says who listens. */
  constructor(options: RecordOutputOptions) {
    this.#options = options;
  }

  /** Names who is told. */
  attach(listeners: RecordListeners): void {
    this.#to = listeners;
  }

  publish(message: OutMessage, event: MarketEvent): void {
    this.#to?.queue.push(message);
    this.records++;
    if (event.type !== "gap") this.#to?.watch.seen(event);
    else this.#noteGap(event);
  }

  /** A record that a turn tells once more. */
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

  /** The bus has stored a message. */
  stored(subject: string): void {
    const { metrics } = this.#options;
    let labels = this.#stored.get(subject);
    if (labels === undefined) {
      const [, , type = ""] = subject.split(".");
      labels = (FEED_TYPES as readonly string[]).includes(type)
        ? { ...metrics.labels, type }
        : null;
      if (this.#stored.size >= SUBJECTS_MAX) this.#stored.clear();
      this.#stored.set(subject, labels);
    }
    if (labels !== null) metrics.published.inc(labels);
  }

  /** The bus never takes a message. */
  rejected(message: OutMessage, reason: string, why: string): void {
    const { metrics, feed } = this.#options;
    metrics.refusals.inc({ feed, reason });
    const letter = recordLetter(this.#options, message, why);
    if (letter !== undefined) this.#to?.queue.push(letter);
  }

  /** What a line asks for beside its records. */
  meaning(line: PendingLine, { send, notice, news }: Normalized): void {
    if (news !== undefined) this.#to?.onNews(news, line.atUs);
    const { logger, metrics, feed, sockets } = this.#options;
    const socket = sockets[line.connectionIndex - 1];
    for (const frame of send) socket?.send(frame);
    const isFrame = line.kind === "frame" || line.kind === "scanned";
    if (isFrame && notice?.type !== "refused") this.#to?.denial.served(line.connectionIndex);
    switch (notice?.type) {
      case "refused":
        metrics.errors.inc({ feed, error_type: "refused" });
        logger.error("the venue refused a request", { answer: notice.message });
        if (notice.isForeign) this.foreignRefusals++;
        // What works on the connection besides is not given up for what is denied.
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
}
