import { cleanText, isoOfUs, type Metrics, nowUs } from "@ssmd/runtime";
import type { AskRoute } from "../http/ask.ts";
import { Problem } from "../http/problem.ts";
import { type Evidence, type FeedbackEntry, PRIORITIES, type Priority, STATUSES } from "./entry.ts";
import { evidenceOf } from "./evidence.ts";
import type { FeedbackStore } from "./feedback_store.ts";
import { FEEDBACK_LIMITS } from "./limits.ts";
import { isConfirmed, priorityOf } from "./priority.ts";
import type { Report } from "./report.ts";
import { isSameIssue, widened } from "./same_issue.ts";

/** Options of {@linkcode Feedback}. */
interface FeedbackOptions {
  store: FeedbackStore;
  metrics: Metrics;
  /** Minimum priority of entries sent to the issue tracker; undefined = no tracker. */
  sendFrom?: Priority | undefined;
  /** Called when an entry becomes pending for the issue tracker. */
  onPending?: () => void;
}

/** Result of a report. */
export interface Received {
  entry: FeedbackEntry;
  /** Whether the issue was reported before. */
  joined: boolean;
}

/** Issues reported by clients: checked against the data, deduplicated and prioritized. */
export class Feedback {
  #options: FeedbackOptions;
  #reports;

  constructor(options: FeedbackOptions) {
    this.#options = options;
    const { metrics, store } = options;
    this.#reports = metrics.counter("feedback_reports_total", "Reports of issues.", ["result"]);
    const entries = metrics.gauge("feedback_entries", "Issues by status.", {
      labels: ["status"],
      collect: () => {
        const counts = store.countBy("status");
        for (const status of STATUSES) entries.set({ status }, counts[status] ?? 0);
      },
    });
  }

  /** Adds a report. Throws Problem when it is refused. */
  async report(report: Report, reporter: string, ask: AskRoute): Promise<Received> {
    let evidence: Evidence;
    try {
      evidence = await evidenceOf(report, ask);
    } catch (error) {
      this.#reports.inc({ result: "refused" });
      throw error;
    }
    const { store } = this.#options;
    const received = store.change(() => this.#add({ report, reporter, evidence }));
    this.#reports.inc({ result: received.joined ? "joined" : "new" });
    if (received.entry.issue.state === "pending") this.#options.onPending?.();
    return received;
  }

  /** Resolves an entry; undefined = unknown id. */
  resolve(id: number, resolution: string): FeedbackEntry | undefined {
    const { store } = this.#options;
    return store.change(() => {
      const entry = store.find(id);
      if (entry === undefined) return undefined;
      return store.save({
        ...entry,
        status: "resolved",
        resolution: cleanText(resolution, FEEDBACK_LIMITS.textCharactersMax),
      });
    });
  }

  #add({ report, reporter, evidence }: Given): Received {
    const { store } = this.#options;
    const { kind, feed = null, symbol = null } = report;
    const known = store.ofMarket(kind, feed, symbol).find((entry) => isSameIssue(report, entry));
    const entry = joinedEntry(known ?? this.#newEntry(report, evidence), {
      report,
      reporter,
      evidence,
    });
    const { sendFrom } = this.#options;
    const isSent = sendFrom !== undefined && entry.issue.state === "none" &&
      PRIORITIES.indexOf(entry.priority) >= PRIORITIES.indexOf(sendFrom);
    const issue = isSent
      ? { state: "pending" as const, key: crypto.randomUUID(), attempts: 0, url: null }
      : entry.issue;
    return { entry: store.save({ ...entry, issue }), joined: known !== undefined };
  }

  #newEntry({ kind, feed, symbol, record }: Report, evidence: Evidence): FeedbackEntry {
    const { store } = this.#options;
    const count = Object.values(store.countBy("status")).reduce((sum, n) => sum + n, 0);
    if (count >= FEEDBACK_LIMITS.entriesMax && !store.dropResolved()) throw full();
    return {
      ...{ id: 0, kind, feed: feed ?? null, symbol: symbol ?? null, record: record ?? null },
      ...{ from: null, to: null, status: "open", priority: "low", reports: 0, reporters: [] },
      ...{ evidence, first_at: isoOfUs(nowUs()), last_at: "", resolution: null, texts: [] },
      issue: { state: "none", key: "", attempts: 0, url: null },
    };
  }
}

interface Given {
  report: Report;
  reporter: string;
  evidence: Evidence;
}

/** Adds a report to an entry; a resolved entry is reopened. */
function joinedEntry(entry: FeedbackEntry, { report, reporter, evidence }: Given): FeedbackEntry {
  const at = isoOfUs(nowUs());
  const reporters = entry.reporters.includes(reporter)
    ? entry.reporters
    : [...entry.reporters, reporter].slice(0, FEEDBACK_LIMITS.reportersMax);
  const said = { at, reporter, text: cleanText(report.text, FEEDBACK_LIMITS.textCharactersMax) };
  const joined = { ...entry, reporters, evidence };
  const priority = priorityOf(joined);
  return {
    ...joined,
    ...widened(entry, report),
    status: isConfirmed(joined) ? "confirmed" : "open",
    // Never lower the priority when the data changes.
    priority: PRIORITIES.indexOf(priority) > PRIORITIES.indexOf(entry.priority)
      ? priority
      : entry.priority,
    reports: entry.reports + 1,
    last_at: at,
    texts: [...entry.texts, said].slice(-FEEDBACK_LIMITS.reportsKeptMax),
  };
}

function full(): Problem {
  return new Problem("FEEDBACK_FULL", "Too many issues are open", {
    status: 503,
    hint: "An administrator of the gateway resolves some: ssmd feedback list",
  });
}
