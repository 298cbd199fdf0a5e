import { type Logger, sleep } from "@ssmd/runtime";
import type { FeedChecks } from "@ssmd/metadata";
import { NORMALIZED_VERSION } from "@ssmd/archive";
import type { Storage } from "@ssmd/storage";
import type { ArchiverMetrics } from "../archiver_metrics.ts";
import { runQa } from "@ssmd/dataset/qa";

/** What days that are over are checked with. */
export interface DayEndOptions {
  storage: Storage;
  env: string;
  /** By feed; days of other feeds are not checked. */
  checks: ReadonlyMap<string, FeedChecks>;
  /** `0.1.0+abc1234` */
  software: string;
  metrics: ArchiverMetrics;
  logger: Logger;
}

/** Longest that `close` waits for a check that storage holds up. */
const CLOSE_MS_MAX = 2_000;

/** Checks the archiver's own days once they are over, one after another, beside its work. */
export class DayEndChecks {
  #options: DayEndOptions;
  #running: Promise<void> = Promise.resolve();
  #stopped = new AbortController();

  /** With no day checked yet. */
  constructor(options: DayEndOptions) {
    this.#options = options;
  }

  /** A day got its last status: it is checked when those before it are. */
  dayOver(feed: string, day: string): void {
    const checks = this.#options.checks.get(feed);
    if (checks === undefined) return;
    this.#running = this.#running.then(() => this.#check(feed, day, checks));
  }

  /** Resolves when no day waits. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Gives up what is not checked; `ssmd qa run` does it at any time. */
  async close(): Promise<void> {
    this.#stopped.abort();
    const ended = new AbortController();
    const running = this.#running.finally(() => ended.abort());
    await Promise.race([running, sleep(CLOSE_MS_MAX, ended.signal)]);
  }

  async #check(feed: string, day: string, checks: FeedChecks): Promise<void> {
    const { storage, env, software, metrics, logger } = this.#options;
    const { signal } = this.#stopped;
    if (signal.aborted) return;
    try {
      const options = { storage, env, feed, day, version: NORMALIZED_VERSION, software, signal };
      const report = await runQa({ ...options, ...checks });
      for (const { check, failures } of report.checks) {
        metrics.qaFailures.inc({ feed, check }, failures);
      }
      const failed = report.checks.filter(({ failures }) => failures > 0).map(({ name }) => name);
      if (failed.length === 0) logger.info("the day passed its checks", { feed, day });
      else {logger.warn("the day failed checks: ssmd qa show tells which records", {
          feed,
          day,
          failed,
        });}
    } catch (error) {
      if (!signal.aborted) logger.error("the day could not be checked", { feed, day, error });
    }
  }
}
