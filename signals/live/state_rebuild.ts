import { type Logger, messageOf } from "@ssmd/runtime";
import type { HostedSignal } from "../host/load_signal.ts";
import type { BetweenBatches } from "./between_batches.ts";
import { coldStart, missedItems, type MissedSource } from "./catch_up.ts";
import { NO_STATE, type RebuiltState, ShadowHosts } from "./shadow_hosts.ts";
import type { StreamItem } from "./stream_item.ts";
import type { StreamProgress } from "./stream_progress.ts";

const NOTED_TURNS = 3;

/** Options of {@linkcode StateRebuild}. */
interface StateRebuildOptions {
  source: MissedSource;
  hosts: number;
  between: BetweenBatches;
  progress: StreamProgress;
  /** See `SignalServiceOptions`. */
  archiveAll: (() => Promise<void>) | undefined;
  /** Gives the running signals all that the bus has now; called between batches. */
  takeAll: () => Promise<void>;
  logger: Logger;
}

/**
 * Rebuilds the state of signals that have not run from archive and bus, beside the running ones, up
 * to one position of the stream: a venue may not send a book again for hours.
 */
export class StateRebuild {
  readonly #options: StateRebuildOptions;
  #shadow: ShadowHosts | undefined;

  constructor(options: StateRebuildOptions) {
    this.#options = options;
  }

  /** Called with all that the running signals took. */
  note(items: readonly StreamItem[]): void {
    this.#shadow?.note(items);
  }

  /**
   * Calls `use` between batches with the state of the signals as of then; with none if there is no
   * signal, or if it cannot be rebuilt. Calls must not overlap.
   */
  async before<T>(
    signals: readonly HostedSignal[],
    use: (rebuilt: RebuiltState) => Promise<T>,
  ): Promise<T> {
    const { between, source: { transport }, archiveAll } = this.#options;
    const isPossible = transport.durable || archiveAll !== undefined;
    if (signals.length === 0 || !isPossible) return await between.run(() => use(NO_STATE));
    const shadow = await between.run(() => Promise.resolve(this.#begin(signals)));
    try {
      const past = await Promise.allSettled([this.#takePast(shadow)]);
      return await between.run(async () => {
        await this.#options.takeAll();
        return await use(await this.#stateOf(shadow, past[0]));
      });
    } finally {
      await this.close();
    }
  }

  #begin(signals: readonly HostedSignal[]): ShadowHosts {
    const { hosts, progress } = this.#options;
    const { watermarks } = progress.copy();
    return this.#shadow = new ShadowHosts({ signals, hosts, watermarks });
  }

  async #takePast(shadow: ShadowHosts): Promise<void> {
    const { source, archiveAll } = this.#options;
    const { warmupUs, feeds: needed } = await shadow.start();
    if (!source.transport.durable) await archiveAll?.();
    const feeds = source.feeds.filter((feed) => needed.includes(feed));
    await shadow.takePast(missedItems({ ...source, feeds }, coldStart(feeds, warmupUs)));
    // What comes while the past is read, then while that is taken: little is left for the switch.
    for (let turn = 0; turn < NOTED_TURNS; turn++) await shadow.takeNoted();
  }

  async #stateOf(
    shadow: ShadowHosts,
    past: PromiseSettledResult<void> | undefined,
  ): Promise<RebuiltState> {
    try {
      if (past?.status === "rejected") throw past.reason;
      return await shadow.state();
    } catch (error) {
      const reason = messageOf(error);
      this.#options.logger.warn("state cannot be rebuilt: signals start cold", { reason });
      return NO_STATE;
    }
  }

  /** Ends a rebuild that is under way. */
  async close(): Promise<void> {
    const shadow = this.#shadow;
    this.#shadow = undefined;
    await shadow?.stop();
  }
}
