import { GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { LIVE_SIGNAL, SWITCH, switchesOf, switchRows } from "../signal/live_signals.ts";
import { z } from "zod";

export default defineCommand({
  name: "signal disable",
  brief: "Disable a signal of a running environment",
  description:
    "It fires no more from one position of the stream on, until it is enabled; also after " +
    "restarts. Other signals lose nothing.",
  shippedRegistry: true,
  examples: ["ssmd signal disable imbalance_flip"],
  flags: GATEWAY_FLAGS,
  args: [LIVE_SIGNAL],
  output: z.array(SWITCH),
  table: (switches) => ({ rows: switchRows(switches), counted: "change" }),
  asks: ["POST /v1/admin/signals/{id}/disable"],
  run: async ({ flags, args: [id], context }) =>
    await switchesOf(context, flags, ["POST", `${encodeURIComponent(id)}/disable`]),
});
