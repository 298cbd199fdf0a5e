import { z } from "zod";
import type { Access } from "../access/access.ts";
import { mayActAs } from "../access/role.ts";
import { headerOf } from "../access/credential.ts";
import type { AskRoute } from "../http/ask.ts";
import type { CallRate } from "../http/call_rate.ts";
import { Problem } from "../http/problem.ts";
import { json, uncached } from "../http/reply.ts";
import { type Route, route, type RouteRequest } from "../http/route.ts";
import {
  FEEDBACK_ENTRY,
  FEEDBACK_STATS,
  ownView,
  PRIORITIES,
  REPORTED,
  STATUSES,
} from "./entry.ts";
import type { Feedback, Received } from "./feedback.ts";
import type { FeedbackStore } from "./feedback_store.ts";
import { REPORT } from "./report.ts";

/** Data of the feedback routes. */
interface FeedbackSource {
  feedback: Feedback;
  store: FeedbackStore;
  rate: CallRate;
  /** Returns a function that calls routes as the reporter, to compare reports with visible data. */
  askAs: (access: Access) => AskRoute;
}

const TAG = { tag: "Feedback" } as const;
const ONE = {
  params: { id: z.int().min(1).describe("Number of the entry.") },
  examples: { id: "1" },
} as const;

/** Returns the routes of reported issues. */
export function feedbackRoutes(source: FeedbackSource): Route[] {
  return [report(source), stats(source), list(source), show(source), resolve(source)];
}

function report({ feedback, rate, askAs }: FeedbackSource): Route {
  return route({
    ...{ method: "POST", path: "/v1/feedback", id: "reportIssue", ...TAG },
    changes: "operations",
    summary: "Reports an issue of the data",
    description:
      "The report is compared with the data: a report about data that does not exist is " +
      "refused with the reason. Equal reports are joined.",
    body: REPORT,
    answers: { 200: { schema: REPORTED } },
    handler: async ({ body, access, headers }) => {
      const reporter = reporterOf(access, headers);
      rate.takeReport(access.client || `local ${reporter}`);
      return uncached(json(receipt(await feedback.report(body, reporter, askAs(access)))));
    },
  });
}

function receipt({ entry, joined }: Received): z.output<typeof REPORTED> {
  const { id, status, priority, reports, evidence } = entry;
  const hints = [
    joined ? "It was reported before: this report is joined to it." : "It is a new entry.",
    ...(evidence.contradicts ? ["Trades are there and no gap is known in this span."] : []),
    ...(evidence.gaps > 0 ? ["A gap is known there: see query_historical, kind gaps."] : []),
  ];
  return { id, joined, status, priority, reports, evidence, _hints: hints };
}

function stats({ store }: FeedbackSource): Route {
  return route({
    ...{ path: "/v1/feedback/stats", id: "getFeedbackStats", ...TAG },
    role: "operator",
    summary: "Counts issues",
    answers: { 200: { schema: FEEDBACK_STATS } },
    handler: () => {
      const byStatus = store.countBy("status");
      const issues = store.countBy("issue");
      return json({
        entries: Object.values(byStatus).reduce((sum, count) => sum + count, 0),
        reports: store.reports(),
        by_status: byStatus,
        by_priority: store.countBy("priority"),
        by_kind: store.countBy("kind"),
        issues: { pending: issues["pending"] ?? 0, sent: issues["sent"] ?? 0 },
      });
    },
  });
}

function list({ store }: FeedbackSource): Route {
  return route({
    ...{ path: "/v1/feedback", id: "listFeedback", ...TAG },
    summary: "Lists issues, newest first: a client's own, or all for an operator",
    query: {
      status: z.enum(STATUSES).optional(),
      priority: z.enum(PRIORITIES).optional(),
      symbol: z.string().min(1).max(256).optional(),
      before: z.int().min(1).optional().describe("Only entries with a smaller number."),
      limit: z.int().min(1).max(500).default(100),
    },
    answers: { 200: { schema: z.strictObject({ entries: z.array(FEEDBACK_ENTRY) }) } },
    handler: ({ query, access }) => {
      const seesAll = mayActAs(access.role, "operator");
      const { client } = access;
      const entries = store.list({ ...query, reporter: seesAll ? undefined : client });
      const seen = seesAll ? entries : entries.map((entry) => ownView(entry, client));
      return uncached(json({ entries: seen }));
    },
  });
}

function show({ store }: FeedbackSource): Route {
  return route({
    ...{ path: "/v1/feedback/{id}", id: "getFeedback", ...TAG, ...ONE },
    summary: "Shows one issue with its reports and evidence",
    answers: { 200: { schema: FEEDBACK_ENTRY } },
    handler: ({ params: { id }, access }) => {
      const entry = store.find(id);
      if (entry === undefined) return unknownEntry(id);
      if (mayActAs(access.role, "operator")) return uncached(json(entry));
      if (!entry.reporters.includes(access.client)) return unknownEntry(id);
      return uncached(json(ownView(entry, access.client)));
    },
  });
}

function resolve({ feedback }: FeedbackSource): Route {
  return route({
    ...{ method: "POST", path: "/v1/feedback/{id}/resolve", id: "resolveFeedback", ...TAG, ...ONE },
    role: "operator",
    changes: "operations",
    summary: "Resolves an issue; a further report opens it again",
    query: { note: z.string().max(1000).default("").describe("What was done.") },
    answers: { 200: { schema: FEEDBACK_ENTRY } },
    handler: ({ params: { id }, query: { note } }) =>
      json(feedback.resolve(id, note) ?? unknownEntry(id)),
  });
}

/** Returns the client of a key; without keys the program's own name. */
function reporterOf({ client }: Access, headers: RouteRequest["headers"]): string {
  if (client !== "") return client;
  const program = headerOf(headers, "x-ssmd-program") ?? headerOf(headers, "user-agent");
  return (program ?? "unknown").slice(0, 64);
}

function unknownEntry(id: number): never {
  throw new Problem("UNKNOWN_FEEDBACK", `There is no issue ${id}`, {
    status: 404,
    hint: "ssmd feedback list (/v1/feedback) lists them",
  });
}
