import { GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { LIVE_SIGNAL, SWITCH, switchesOf, switchRows } from "../signal/live_signals.ts";
import { z } from "zod";

export default defineCommand({
  name: "signal enable",
  brief: "Enable a signal of a running environment again",
  description:
    "It goes on with the state it would have, from the archive and the bus. A quarantined " +
    "signal is tried again.",
  shippedRegistry: true,
  examples: ["ssmd signal enable imbalance_flip"],
  flags: GATEWAY_FLAGS,
  args: [LIVE_SIGNAL],
  output: z.array(SWITCH),
  table: (switches) => ({ rows: switchRows(switches), counted: "change" }),
  asks: ["POST /v1/admin/signals/{id}/enable"],
  run: async ({ flags, args: [id], context }) =>
    await switchesOf(context, flags, ["POST", `${encodeURIComponent(id)}/enable`]),
});
