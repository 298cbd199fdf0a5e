import {
  type CaptureReport,
  captureReportSubject,
  readCaptureReport,
  REPORT_SUBSCRIPTIONS_MAX,
} from "@ssmd/market/capture_report";
import { type Logger, messageOf } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { requestShards } from "./feed_request.ts";

/** Age up to which a report is given again. */
const FRESH_MS = 1_000;
const ANSWER_MS = 1_000;

/** Options of {@linkcode CaptureReports}. */
interface CaptureReportsOptions {
  env: string;
  transport: Transport;
  logger: Logger;
  /** The shards that have symbols of a feed; default none. */
  shardsOf?: (feed: string) => readonly string[];
  /** Default `performance.now`. */
  nowMs?: () => number;
}

/** What is known of how a feed is captured. */
export interface FeedCapture {
  /** undefined = no connector of it answers. */
  report: CaptureReport | undefined;
  /** Its shards, and whether the connector of each answers; empty = it has none. */
  shards: { shard: string; answers: boolean }[];
}

/** What the connectors report of their feeds: asked once a second at most, however many want it. */
export class CaptureReports {
  #options: CaptureReportsOptions;
  #byFeed = new Map<string, { atMs: number; report: Promise<FeedCapture> }>();

  constructor(options: CaptureReportsOptions) {
    this.#options = options;
  }

  /** The report of a feed of the environment. */
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
    // In one process all shards are one connector.
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

/** The reports of a feed's shards as one. */
function joinedReport(reports: readonly CaptureReport[]): CaptureReport {
  const tries = reports.flatMap(({ nextTryMs }) => nextTryMs ?? []);
  return {
    nextTryMs: tries.length === 0 ? null : Math.min(...tries),
    awayCount: reports.reduce((sum, { awayCount }) => sum + awayCount, 0),
    away: reports.flatMap(({ away }) => away).slice(0, REPORT_SUBSCRIPTIONS_MAX),
  };
}
