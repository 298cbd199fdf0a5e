import type { MissingSubscription } from "@ssmd/exchanges";
import { shardSubject, snapshotSubject } from "@ssmd/market";
import {
  type CaptureReport,
  captureReportSubject,
  REPORT_SUBSCRIPTIONS_MAX,
} from "@ssmd/market/capture_report";
import type { Subscription, Transport } from "@ssmd/transport";
import type { VenueConnection } from "./connection_state.ts";

/** Options of {@linkcode FeedAnswers}. */
interface FeedAnswersOptions {
  env: string;
  feed: string;
  /** Shard whose symbols it has; absent = the feed has no shards. */
  shard?: string | undefined;
  transport: Transport;
  /** Snapshots of all valid books, encoded back to back. */
  snapshots: () => Uint8Array;
  report: () => CaptureReport;
}

/** Answers requests for a feed's books and capture report, while this connector publishes it. */
export class FeedAnswers {
  #options: FeedAnswersOptions;
  #responders: Subscription[] = [];

  constructor(options: FeedAnswersOptions) {
    this.#options = options;
  }

  /** Starts answering. Rejects as the transport does. */
  async begin(): Promise<void> {
    const { env, feed, shard, transport, snapshots, report } = this.#options;
    const encoder = new TextEncoder();
    const books = shardSubject(snapshotSubject(env, feed), shard);
    const reports = shardSubject(captureReportSubject(env, feed), shard);
    this.#responders.push(await transport.respond(books, snapshots));
    this.#responders.push(
      await transport.respond(reports, () => encoder.encode(JSON.stringify(report()))),
    );
  }

  /** Stops answering. */
  end(): void {
    for (const responder of this.#responders.splice(0)) responder.unsubscribe();
  }
}

/** Reports connections and missing subscriptions, refused ones first. */
export function captureReport(
  connections: readonly VenueConnection[],
  missing: readonly MissingSubscription[],
): CaptureReport {
  const waiting = connections.flatMap(({ nextTryMs }) => nextTryMs === 0 ? [] : [nextTryMs]);
  const away = missing.toSorted((a, b) => Number(b.isRefused) - Number(a.isRefused));
  return {
    nextTryMs: waiting.length === 0 ? null : Math.min(...waiting),
    awayCount: away.length,
    away: away.slice(0, REPORT_SUBSCRIPTIONS_MAX).map((each) => ({
      ...{ symbol: each.symbol, channel: each.channel, why: each.why, isRefused: each.isRefused },
      sinceMs: each.sinceUs / 1000,
      nextTryMs: Number.isFinite(each.nextUs) ? each.nextUs / 1000 : null,
    })),
  };
}
