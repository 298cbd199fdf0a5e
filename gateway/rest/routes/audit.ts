import {
  AUDIT_CATEGORIES,
  AUDIT_EVENT,
  AUDIT_OUTCOMES,
  type AuditFilter,
  type AuditLog,
  type AuditQueue,
  endsBeforeStart,
} from "@ssmd/audit";
import { z } from "zod";
import { invalidParameter, Problem } from "../../http/problem.ts";
import { json, uncached } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";

const ADMIN = { tag: "Administration", role: "admin" } as const;
const MOMENT = z.string().regex(/^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/);
const FILTER = {
  actor: z.string().max(200).optional().describe("Who did it."),
  action: z.string().max(200).optional().describe("Action: `disconnectConnection`."),
  category: z.enum(AUDIT_CATEGORIES).optional(),
  outcome: z.enum(AUDIT_OUTCOMES).optional(),
  from: MOMENT.optional().describe("Start, ISO 8601, or a day."),
  to: MOMENT.optional().describe("End, included; a day as a whole."),
};

/** Returns the audit routes: events of the last 30 days; `ssmd audit list` reads older ones. */
export function auditRoutes(audit: AuditQueue | undefined): Route[] {
  return [
    route({
      ...{ path: "/v1/audit/events", id: "listAuditEvents", ...ADMIN },
      summary: "Lists who did what in the last 30 days, newest first",
      query: {
        ...FILTER,
        before: z.int().min(1).optional().describe(
          "Only events before this position: the next page.",
        ),
        limit: z.int().min(1).max(1000).default(100),
      },
      answers: { 200: { schema: z.strictObject({ events: z.array(AUDIT_EVENT) }) } },
      handler: async ({ query }) =>
        uncached(json({ events: await (await logOf(audit)).list(withSpan(query)) })),
    }),
    route({
      ...{ path: "/v1/audit/events/{position}", id: "getAuditEvent", ...ADMIN },
      summary: "Shows one event",
      params: { position: z.int().min(1) },
      examples: { position: "1" },
      answers: { 200: { schema: AUDIT_EVENT } },
      handler: async ({ params: { position } }) =>
        uncached(json(await (await logOf(audit)).find(position) ?? unknownEvent(position))),
    }),
    route({
      ...{ path: "/v1/audit/summary", id: "summarizeAudit", ...ADMIN },
      summary: "Counts events by category and outcome",
      query: FILTER,
      answers: {
        200: {
          schema: z.strictObject({
            head: z.string().describe(
              "Hash of the last event; note it elsewhere to verify the chain later.",
            ),
            counts: z.array(z.strictObject({
              category: z.string(),
              outcome: z.string(),
              events: z.int(),
            })),
          }),
        },
      },
      handler: async ({ query }) => {
        const log = await logOf(audit);
        const { link: head } = await log.head();
        return uncached(json({ head, counts: await log.count(withSpan(query)) }));
      },
    }),
  ];
}

/** Returns the query. Throws {@linkcode Problem} (400) when no time is within its span. */
function withSpan<Query extends AuditFilter>(query: Query): Query {
  if (!endsBeforeStart(query)) return query;
  throw invalidParameter("from", "is later than to", "from is the first moment and to the last");
}

async function logOf(audit: AuditQueue | undefined): Promise<AuditLog> {
  if (audit !== undefined) return await audit.log();
  throw new Problem("AUDIT_NOT_KEPT", "This gateway keeps no audit log", {
    status: 503,
    hint: "ssmd up and the gateway service keep one",
  });
}

function unknownEvent(position: number): never {
  throw new Problem("AUDIT_EVENT_UNKNOWN", `There is no event ${position} here`, {
    status: 404,
    hint: "Events of more than 30 days ago are read by ssmd audit show",
  });
}
