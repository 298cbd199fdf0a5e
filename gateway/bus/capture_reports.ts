import {
  type CaptureReport,
  captureReportSubject,
  readCaptureReport,
  REPORT_SUBSCRIPTIONS_MAX,
} from "@ssmd/market/capture_report";
import { type Logger, messageOf } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { requestShards } from "./feed_request.ts";

/** Cache time of a report, ms. */
const FRESH_MS = 1_000;
const ANSWER_MS = 1_000;

/** Options of {@linkcode CaptureReports}. */
interface CaptureReportsOptions {
  env: string;
  transport: Transport;
  logger: Logger;
  /** Returns the shards with symbols of a feed; default none. */
  shardsOf?: (feed: string) => readonly string[];
  /** Clock, ms; default `performance.now`. */
  nowMs?: () => number;
}

/** Capture status of a feed. */
export interface FeedCapture {
  /** Joined report; undefined = no connector of the feed answers. */
  report: CaptureReport | undefined;
  /** Shards of the feed and whether each one's connector answers; empty = no shards. */
  shards: { shard: string; answers: boolean }[];
}

/** Reports of connectors, requested at most once a second per feed and shared by all callers. */
export class CaptureReports {
  #options: CaptureReportsOptions;
  #byFeed = new Map<string, { atMs: number; report: Promise<FeedCapture> }>();

  constructor(options: CaptureReportsOptions) {
    this.#options = options;
  }

  /** Returns the report of a feed of the environment. */
  of(feed: string): Promise<FeedCapture> {
    const nowMs = (this.#options.nowMs ?? performance.now.bind(performance))();
    const known = this.#byFeed.get(feed);
    if (known !== undefined && nowMs - known.atMs < FRESH_MS) return known.report;
    const report = this.#ask(feed);
    this.#byFeed.set(feed, { atMs: nowMs, report });
    return report;
  }

  async #ask(feed: string): Promise<FeedCapture> {
    const { env, transport, shardsOf } = this.#options;
    // In a single process one connector serves all shards.
    const shards = transport.shards === undefined ? [] : shardsOf?.(feed) ?? [];
    const subject = captureReportSubject(env, feed);
    const answers = await requestShards(transport, { subject, shards, timeoutMs: ANSWER_MS });
    const reports = answers.map((each) => this.#reportIn(each, feed));
    const given = reports.flatMap((report) => report ?? []);
    return {
      report: given.length === 0 ? undefined : joinedReport(given),
      shards: shards.map((shard, i) => ({ shard, answers: reports[i] !== undefined })),
    };
  }

  #reportIn(answer: PromiseSettledResult<Uint8Array>, feed: string): CaptureReport | undefined {
    try {
      if (answer.status === "rejected") throw answer.reason;
      return readCaptureReport(answer.value);
    } catch (error) {
      this.#options.logger.debug("no report of a feed", { feed, why: messageOf(error) });
      return undefined;
    }
  }
}

/** Joins the reports of a feed's shards. */
function joinedReport(reports: readonly CaptureReport[]): CaptureReport {
  const tries = reports.flatMap(({ nextTryMs }) => nextTryMs ?? []);
  return {
    nextTryMs: tries.length === 0 ? null : Math.min(...tries),
    awayCount: reports.reduce((sum, { awayCount }) => sum + awayCount, 0),
    away: reports.flatMap(({ away }) => away).slice(0, REPORT_SUBSCRIPTIONS_MAX),
  };
}
