import { type Logger, sleep } from "@ssmd/runtime";
import type { StreamHole } from "@ssmd/transport";
import { OneAhead } from "../supervisor/one_ahead.ts";
import type { BatchProcessor } from "./batch_processor.ts";
import type { BetweenBatches } from "./between_batches.ts";
import { type MissedFrom, missedItems, type MissedSource } from "./catch_up.ts";
import type { PassingTrouble } from "./passing_trouble.ts";
import type { SignalsMetrics } from "./signals_metrics.ts";
import type { StreamItem } from "./stream_item.ts";
import type { StreamProgress } from "./stream_progress.ts";
import type { StreamSubscriber } from "./stream_subscriber.ts";

const BATCH_BYTES_MIN = 64 * 1024;
const BATCH_BYTES_MAX = 1024 * 1024;
const HELD_BACK_MS = 10;

/** Options of {@linkcode StreamReader}. */
interface StreamReaderOptions {
  source: MissedSource;
  subscriber: StreamSubscriber;
  processor: BatchProcessor;
  progress: StreamProgress;
  trouble: PassingTrouble;
  between: BetweenBatches;
  metrics: SignalsMetrics;
  logger: Logger;
  /** Sequence of the last message that the bus delivered; undefined before the subscription. */
  deliveredSequence: () => number | undefined;
}

/** Reads the stream for the signals; `catchUp` and `takeAll` only before or between batches. */
export class StreamReader {
  readonly #options: StreamReaderOptions;

  constructor(options: StreamReaderOptions) {
    this.#options = options;
  }

  /** Processes what the subscription delivers until it ends; a last snapshot covers all of it. */
  async follow(): Promise<void> {
    const { subscriber, processor, between } = this.#options;
    let batchBytes = BATCH_BYTES_MIN;
    while (!subscriber.isOver) {
      const items = await subscriber.next(batchBytes);
      // Larger batches cost less per record under backlog.
      batchBytes = subscriber.waiting > 0
        ? Math.min(BATCH_BYTES_MAX, batchBytes * 2)
        : BATCH_BYTES_MIN;
      await processor.process(items);
      await between.flush();
      if (processor.isSnapshotDue) await processor.saveSnapshot();
    }
    await processor.saveSnapshot();
  }

  /** Processes all from a position up to now, and skips what the subscription delivers of it. */
  async catchUp(from: MissedFrom): Promise<void> {
    const { source, subscriber, processor, progress } = this.#options;
    const items = missedItems(source, from);
    const ahead = new OneAhead<StreamItem[]>((each, onTaken) => processor.process(each, onTaken));
    try {
      for (;;) {
        const { done, value } = await items.next();
        if (done === true) {
          await ahead.idle();
          progress.stream.sequence = value;
          return subscriber.skipTo(value);
        }
        await ahead.send(value);
        if (!processor.isSnapshotDue || progress.stream.sequence === 0) continue;
        await ahead.idle();
        await processor.saveSnapshot();
      }
    } finally {
      // If reading failed: it may be tried again, but not beside a batch.
      await ahead.idle().catch(() => {});
    }
  }

  /** Processes messages that left the bus unread, from the archive, before later ones. */
  async takeMissed(hole: StreamHole): Promise<void> {
    const { between, metrics, logger } = this.#options;
    metrics.errors.inc({ error_type: "overtaken" });
    logger.warn("the bus has dropped what was not read yet: it is read from the archive", {
      ...{ hole: hole.type, missed: hole.type === "left" ? hole.missed : "unknown" },
    });
    await between.run(() => this.#takeMissed(hole));
  }

  async #takeMissed({ type, stream }: StreamHole): Promise<void> {
    const { subscriber, progress, trouble } = this.#options;
    await this.#takeWaiting();
    if (type === "anew") subscriber.restart();
    await trouble.through(() => this.catchUp(progress.copy()));
    progress.stream.createdAtUs = stream.createdAtUs;
  }

  /** Takes all that the bus has: no record is then behind a state that was read from the archive. */
  async takeAll(): Promise<void> {
    const { source: { transport }, progress, deliveredSequence } = this.#options;
    if (transport.durable) {
      await this.#takeWaiting();
      return await this.catchUp(progress.copy());
    }
    const { lastSequence } = await transport.state();
    for (let isDelivered = false; !isDelivered;) {
      isDelivered = (deliveredSequence() ?? Infinity) >= lastSequence;
      await this.#takeWaiting();
      // A bus in memory that was held back delivers in turns of the event loop.
      if (!isDelivered) await sleep(HELD_BACK_MS);
    }
  }

  /** Takes what waits now and not what comes meanwhile: the stream may be faster than the hosts. */
  async #takeWaiting(): Promise<void> {
    const { subscriber, processor } = this.#options;
    for (let left = subscriber.waiting; left > 0;) {
      const items = await subscriber.next(BATCH_BYTES_MAX);
      left -= items.length;
      await processor.process(items);
    }
  }
}
