import { NORMALIZED_VERSION } from "@ssmd/archive";
import { type EventType, FEED_TYPES } from "@ssmd/market";

/** What does not balance: one sentence for a person, and where it is. */
export interface Problem {
  /** Upper snake case: `FILE_MISSING`, `RECORDS_DIFFER`, … */
  code: string;
  env: string;
  feed: string;
  /** `YYYY-MM-DD`; "" = not of one day. */
  day: string;
  /** The file, where it is about one; else "". */
  key: string;
  message: string;
}

/** What one day of a feed holds. */
export interface DayReport {
  env: string;
  feed: string;
  /** Of the normalized records; raw frames are counted with those that the archiver writes. */
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
  /** Status of the raw and of the normalized manifest, "" = there is none. */
  rawStatus: string;
  status: string;
}

/** The outcome of a verification. */
export interface Report {
  problems: Problem[];
  days: DayReport[];
  totals: { files: number; bytes: number; rawFrames: number; records: number; gaps: number };
}

/** Gathers days and problems while files are read. */
export class ReportBuilder {
  readonly problems: Problem[] = [];
  #days = new Map<string, DayReport>();

  /** The day's entry, made when it is new. */
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

  /** Notes a problem. */
  add(
    context: { env: string; feed: string; day?: string; key?: string },
    code: string,
    message: string,
  ): void {
    const { env, feed, day = "", key = "" } = context;
    this.problems.push({ code, env, feed, day, key, message });
  }

  /** The report of everything so far, days in order. */
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
      // What raw gives: fires are made of it.
      for (const type of FEED_TYPES) totals.records += day.records[type];
      totals.gaps += day.records.gap;
    }
    return { problems: this.problems, days, totals };
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
