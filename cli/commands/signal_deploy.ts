import { z } from "zod";
import { GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { SWITCH, switchesOf, switchRows } from "../signal/live_signals.ts";

export default defineCommand({
  name: "signal deploy",
  brief: "Bring changed signals and parameters into a running environment",
  description:
    "Its service reads the environment's file and the signals' files anew, and switches to them at " +
    "one place of the stream, which is written down. What did not change keeps its state; what did " +
    "fires when it is warm. A signal that may not be run is refused, and the old ones go on.",
  examples: ["ssmd signal deploy", "ssmd signal deploy --env demo --output json"],
  flags: GATEWAY_FLAGS,
  output: z.array(SWITCH),
  table: (switches) => ({ rows: switchRows(switches), counted: "change" }),
  asks: ["POST /v1/admin/signals/deploy"],
  run: async ({ flags, context }) => await switchesOf(context, flags, ["POST", "deploy"]),
});
