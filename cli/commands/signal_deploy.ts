import { z } from "zod";
import { GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { defineCommand } from "../command/define.ts";
import { SWITCH, switchesOf, switchRows } from "../signal/live_signals.ts";

export default defineCommand({
  name: "signal deploy",
  brief: "Deploy changed signals and parameters to a running environment",
  description:
    "The environment's service reads the environment's file and the signals' files again, " +
    "and switches to them at one position of the stream, which is recorded. Unchanged " +
    "signals keep their state; new and changed ones get theirs from the archive and the bus, " +
    "beside the stream, before the switch. If a signal is not allowed to run, the deploy is " +
    "refused, and the old signals continue.",
  shippedRegistry: true,
  examples: ["ssmd signal deploy", "ssmd signal deploy --env demo --output json"],
  flags: GATEWAY_FLAGS,
  output: z.array(SWITCH),
  table: (switches) => ({ rows: switchRows(switches), counted: "change" }),
  asks: ["POST /v1/admin/signals/deploy"],
  run: async ({ flags, context }) => await switchesOf(context, flags, ["POST", "deploy"]),
});
