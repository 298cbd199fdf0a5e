import { DAY_MS, dayOfMs } from "@ssmd/runtime";
import { z } from "zod";
import type { Authenticator } from "../../access/authenticator.ts";
import { peakUsers, sumUsage, usageRows } from "../../access/usage_report.ts";
import { invalidParameter, Problem } from "../../http/problem.ts";
import { json, uncached } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";

const ADMIN = { tag: "Administration", role: "admin" } as const;
const DAYS_MAX = 31;
/** Maximum number of sessions evaluated; a request with more is refused, not truncated. */
const SESSIONS_MAX = 200_000;
const DAY = z.iso.date();
const SPAN = {
  from: DAY.optional().describe("First day (UTC); default: the last one."),
  to: DAY.optional().describe(`Last day; default: today. At most ${DAYS_MAX} days.`),
};
const MESSAGES = z.int().describe("Messages delivered, or requests.");

const COUNTED = z.boolean().describe(
  "false = this gateway requires no keys and does not count usage.",
);

/** Returns the usage routes that exchanges require; counts equal those of the monthly package. */
export function usageRoutes({ counts }: Authenticator): Route[] {
  const counted = counts !== undefined;
  const read = async (query: { from?: string | undefined; to?: string | undefined }) => {
    const days = daysOf(query);
    if (counts === undefined) return { days, rows: [] };
    const usage = { fromDay: days[0] ?? "", toDay: days.at(-1) ?? "" };
    return { days, rows: usageRows(await counts.usage(usage), await counts.load()) };
  };
  return [
    route({
      ...{ path: "/v1/audit/usage", id: "listUsage", ...ADMIN },
      summary: "Shows what each client used on each day, by feed and type",
      description: "Counts are written once per second; requests have the feed `-`.",
      query: { ...SPAN, client: z.string().max(63).optional().describe("Only this client.") },
      answers: {
        200: {
          schema: z.strictObject({
            counted: COUNTED,
            usage: z.array(z.strictObject({
              ...{ day: z.string(), client: z.string(), use: z.string(), feed: z.string() },
              ...{ type: z.string(), messages: MESSAGES },
            })),
          }),
        },
      },
      handler: async ({ query }) => {
        const { rows } = await read(query);
        const usage = rows.filter(({ client }) => client === (query.client ?? client));
        return uncached(json({ counted, usage }));
      },
    }),
    route({
      ...{ path: "/v1/audit/peak-users", id: "listPeakUsers", ...ADMIN },
      summary: "Shows the maximum of concurrent streams, and of clients with a stream, per day",
      query: SPAN,
      answers: {
        200: {
          schema: z.strictObject({
            counted: COUNTED,
            days: z.array(z.strictObject({
              ...{ day: z.string(), clients: z.int(), sessions: z.int() },
            })),
          }),
        },
      },
      handler: async ({ query }) => {
        const days = daysOf(query);
        const fromMs = Date.parse(days[0] ?? "");
        const within = { fromMs, toMs: fromMs + days.length * DAY_MS };
        const sessions = await counts?.sessions({ within, limit: SESSIONS_MAX + 1 }) ?? [];
        if (sessions.length > SESSIONS_MAX) throw tooManySessions();
        return uncached(json({ counted, days: days.map((day) => peakUsers(day, sessions)) }));
      },
    }),
    route({
      ...{ path: "/v1/audit/display-vs-nondisplay", id: "compareUses", ...ADMIN },
      summary: "Counts messages of each feed by the clients' use of the data",
      query: SPAN,
      answers: {
        200: {
          schema: z.strictObject({
            counted: COUNTED,
            uses: z.array(z.strictObject({
              use: z.string().describe("display, non-display, trading, unspecified or unknown."),
              ...{ feed: z.string(), messages: MESSAGES },
            })),
          }),
        },
      },
      handler: async ({ query }) => {
        const { rows } = await read(query);
        const messages = rows.filter(({ type }) => type !== "request");
        return uncached(json({ counted, uses: sumUsage(messages, ["use", "feed"]) }));
      },
    }),
  ];
}

/** Returns the days of a span, in order. Throws {@linkcode Problem}. */
function daysOf(
  { from, to = dayOfMs(Date.now()) }: { from?: string | undefined; to?: string | undefined },
): string[] {
  const [firstMs, lastMs] = [Date.parse(from ?? to), Date.parse(to)];
  const count = (lastMs - firstMs) / DAY_MS + 1;
  if (count < 1 || count > DAYS_MAX) {
    throw invalidParameter(
      "from",
      `is not within ${DAYS_MAX} days before to`,
      "Ask month by month",
    );
  }
  return Array.from({ length: count }, (_, i) => dayOfMs(firstMs + i * DAY_MS));
}

function tooManySessions(): Problem {
  return new Problem("TOO_MANY_SESSIONS", `There are more than ${SESSIONS_MAX} sessions`, {
    status: 503,
    hint: "Ask for fewer days, or make the package of the month: ssmd report exchange-audit",
  });
}
