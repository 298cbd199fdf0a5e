import { z } from "zod";
import { GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { SWITCH, switchesOf, switchRows } from "../signal/live_signals.ts";

export default defineCommand({
  name: "signal history",
  brief: "List the signals that ran, by position of the stream",
  description:
    "Shows starts, deploys, and signals enabled or disabled by users or quarantined; newest " +
    "last.",
  shippedRegistry: true,
  examples: ["ssmd signal history", "ssmd signal history --output json"],
  flags: GATEWAY_FLAGS,
  output: z.array(SWITCH),
  table: (switches) => ({ rows: switchRows(switches), counted: "change" }),
  asks: ["GET /v1/admin/signals/history"],
  run: async ({ flags, context }) => await switchesOf(context, flags, ["GET", "history"]),
});
