import { z } from "zod";
import { FEEDBACK_ENTRY, PRIORITIES, STATUSES } from "@ssmd/gateway/protocol";
import { askGateway, GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { choice, text, whole } from "../command/flag.ts";

export default defineCommand({
  name: "feedback list",
  brief: "List issues reported by clients, newest first",
  description:
    "Equal reports are joined. If the gateway requires keys, set SSMD_API_KEY; an operator's " +
    "key shows all issues, any other its own.",
  shippedRegistry: true,
  examples: ["ssmd feedback list", "ssmd feedback list --priority high --output json"],
  flags: {
    ...GATEWAY_FLAGS,
    status: choice(STATUSES, "Only issues in this status"),
    priority: choice(PRIORITIES, "Only issues of this priority"),
    symbol: text("Only issues of this market", { placeholder: "symbol", completes: "symbol" }),
    limit: whole("Maximum number of issues", { default: "100", placeholder: "count" }),
  },
  output: z.array(FEEDBACK_ENTRY),
  table: (entries) => ({
    rows: entries.map((entry) => ({
      ...{ id: entry.id, kind: entry.kind, market: entry.symbol ?? entry.feed },
      ...{ status: entry.status, priority: entry.priority, reports: entry.reports },
      ...{ clients: entry.reporters.length, last: entry.last_at, issue: entry.issue.state },
    })),
    counted: "issue",
  }),
  asks: ["GET /v1/feedback"],
  async run({ flags: { status, priority, symbol, limit, ...location }, context }) {
    const given = Object.entries({ status, priority, symbol, limit: String(limit) });
    const query = new URLSearchParams(given.filter((each): each is [string, string] => !!each[1]));
    const answer = await askGateway(context, location, ["GET", `/v1/feedback?${query}`]);
    return z.object({ entries: z.array(FEEDBACK_ENTRY) }).parse(answer).entries;
  },
});
