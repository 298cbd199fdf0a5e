import { GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { LIVE_SIGNAL, SWITCH, switchesOf, switchRows } from "../signal/live_signals.ts";
import { z } from "zod";

export default defineCommand({
  name: "signal disable",
  brief: "Keep a signal of a running environment from firing",
  description:
    "From one place of the stream on, until it is enabled; over restarts, too. The others lose nothing.",
  examples: ["ssmd signal disable imbalance_flip"],
  flags: GATEWAY_FLAGS,
  args: [LIVE_SIGNAL],
  output: z.array(SWITCH),
  table: (switches) => ({ rows: switchRows(switches), counted: "change" }),
  asks: ["POST /v1/admin/signals/{id}/disable"],
  run: async ({ flags, args: [id], context }) =>
    await switchesOf(context, flags, ["POST", `${encodeURIComponent(id)}/disable`]),
});
