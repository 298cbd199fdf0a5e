import {
  type CaptureReport,
  captureReportSubject,
  readCaptureReport,
  REPORT_SUBSCRIPTIONS_MAX,
} from "@ssmd/market/capture_report";
import { type Logger, messageOf } from "@ssmd/runtime";
import type { Transport } from "@ssmd/transport";
import { requestFeed } from "./feed_request.ts";

/** Age up to which a report is given again. */
const FRESH_MS = 1_000;
const ANSWER_MS = 1_000;

/** Options of {@linkcode CaptureReports}. */
interface CaptureReportsOptions {
  env: string;
  transport: Transport;
  logger: Logger;
  /** Default `performance.now`. */
  nowMs?: () => number;
}

/** What the connectors report of their feeds: asked once a second at most, however many want it. */
export class CaptureReports {
  #options: CaptureReportsOptions;
  #byFeed = new Map<string, { atMs: number; report: Promise<CaptureReport | undefined> }>();

  constructor(options: CaptureReportsOptions) {
    this.#options = options;
  }

  /** The report of a feed of the environment; undefined = its connector does not answer. */
  of(feed: string): Promise<CaptureReport | undefined> {
    const nowMs = (this.#options.nowMs ?? performance.now.bind(performance))();
    const known = this.#byFeed.get(feed);
    if (known !== undefined && nowMs - known.atMs < FRESH_MS) return known.report;
    const report = this.#ask(feed);
    this.#byFeed.set(feed, { atMs: nowMs, report });
    return report;
  }

  async #ask(feed: string): Promise<CaptureReport | undefined> {
    const { env, transport, logger } = this.#options;
    try {
      const subject = captureReportSubject(env, feed);
      return joinedReport(
        (await requestFeed(transport, subject, ANSWER_MS)).map(readCaptureReport),
      );
    } catch (error) {
      logger.debug("no report of a feed", { feed, why: messageOf(error) });
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
