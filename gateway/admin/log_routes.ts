import { recentLog } from "@ssmd/runtime";
import { z } from "zod";
import { json } from "../http/reply.ts";
import { type Route, route } from "../http/route.ts";

const LEVELS = ["info", "warn", "error"] as const;

const LINE = z.strictObject({
  n: z.int().describe(
    "Number of the line since the process started; missing numbers are lines of other levels.",
  ),
  at: z.number().describe("Milliseconds since 1970."),
  level: z.enum(["debug", ...LEVELS]),
  message: z.string(),
  fields: z.string().describe("Its values as key=value, separated by spaces."),
});

const EXAMPLE = {
  lines: [{
    ...{ n: 12, at: 1795572000123, level: "info", message: "connected" } as const,
    fields: "feed=kraken symbols=3",
  }],
};

/** Returns the route of this process's log: all services under `up`, else the gateway's own. */
export function logRoutes(): Route[] {
  return [route({
    ...{ path: "/v1/admin/logs", id: "listLogLines", tag: "Administration", role: "operator" },
    summary: "Shows the newest lines of this process's log, oldest first",
    query: {
      level: z.enum(LEVELS).default("info").describe("Lines of this level and higher ones."),
      after: z.int().min(0).default(0).describe("Only lines with a greater number."),
      limit: z.int().min(1).max(1000).default(200),
    },
    answers: { 200: { schema: z.strictObject({ lines: z.array(LINE) }), example: EXAMPLE } },
    handler: ({ query: { level, after, limit } }) => {
      const wanted: readonly string[] = LEVELS.slice(LEVELS.indexOf(level));
      const lines = recentLog.filter((line) => line.n > after && wanted.includes(line.level));
      return json({ lines: lines.slice(-limit).map(({ atMs: at, ...line }) => ({ ...line, at })) });
    },
  })];
}
