import { NORMALIZED_VERSION } from "@ssmd/archive";
import { type EventType, FEED_TYPES } from "@ssmd/market";

/** A verification failure with its location. */
export interface Problem {
  /** Upper snake case: `FILE_MISSING`, `RECORDS_DIFFER`, … */
  code: string;
  env: string;
  feed: string;
  /** `YYYY-MM-DD`; "" when not of one day. */
  day: string;
  /** Key of the file; "" when not about one. */
  key: string;
  message: string;
}

/** Verified contents of one day of a feed. */
export interface DayReport {
  env: string;
  feed: string;
  /** Version of the records; raw frames count with the archiver's version. */
  version: string;
  day: string;
  /** Frames in raw files. */
  rawFrames: number;
  /** Records in normalized files. */
  records: Record<EventType, number>;
  /** Bytes of raw and normalized files in storage. */
  bytes: number;
  files: number;
  quality: number;
  /** Status of the raw and normalized manifests; "" when missing. */
  rawStatus: string;
  status: string;
}

/** Result of a verification. */
export interface Report {
  problems: Problem[];
  days: DayReport[];
  totals: { files: number; bytes: number; rawFrames: number; records: number; gaps: number };
}

/** Collects days and problems. */
export class ReportBuilder {
  readonly problems: Problem[] = [];
  #days = new Map<string, DayReport>();

  /** Returns the entry of a day, created on first use. */
  day(
    env: string,
    feed: string,
    { day, version = NORMALIZED_VERSION }: { day: string; version?: string | undefined },
  ): DayReport {
    const name = `${env}/${feed}/${version}/${day}`;
    let report = this.#days.get(name);
    if (report === undefined) {
      const records = { trade: 0, ticker: 0, orderbook: 0, status: 0, gap: 0, fire: 0, action: 0 };
      report = {
        ...{ env, feed, version, day, rawFrames: 0, records, bytes: 0, files: 0 },
        ...{ quality: 1, rawStatus: "", status: "" },
      };
      this.#days.set(name, report);
    }
    return report;
  }

  /** Adds a problem. */
  add(
    context: { env: string; feed: string; day?: string; key?: string },
    code: string,
    message: string,
  ): void {
    const { env, feed, day = "", key = "" } = context;
    this.problems.push({ code, env, feed, day, key, message });
  }

  /** Builds the report so far, with days in order. */
  build(): Report {
    const days = [...this.#days.values()].sort((a, b) =>
      compare(a.env, b.env) || compare(a.feed, b.feed) || compare(a.day, b.day) ||
      compare(a.version, b.version)
    );
    const totals = { files: 0, bytes: 0, rawFrames: 0, records: 0, gaps: 0 };
    for (const day of days) {
      totals.files += day.files;
      totals.bytes += day.bytes;
      totals.rawFrames += day.rawFrames;
      // Only records derived from raw; fires are not.
      for (const type of FEED_TYPES) totals.records += day.records[type];
      totals.gaps += day.records.gap;
    }
    return { problems: this.problems, days, totals };
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
