import { z } from "zod";
import { GATEWAY_FLAGS } from "../client/running_gateway.ts";
import { untilSignal } from "@ssmd/runtime";
import { defineCommand } from "../command/define.ts";
import { RUN_FOR } from "../command/common_flags.ts";
import { on } from "../command/flag.ts";
import { SWITCH, switchesOf, switchRows } from "../signal/live_signals.ts";
import { watchSignals } from "../signal/watch_signals.ts";

export default defineCommand({
  name: "signal deploy",
  brief: "Deploy changed signals and parameters to a running environment",
  description:
    "The environment's service reads the environment's file and the signals' files again, " +
    "and switches to them at one position of the stream, which is recorded. Unchanged " +
    "signals keep their state; new and changed ones get theirs from the archive and the bus, " +
    "beside the stream, before the switch. If a signal is not allowed to run, the deploy is " +
    "refused, and the old signals continue.\n\n--watch is for development: until it is stopped, " +
    "each saved change of the project's signals or of the environment's file is checked and " +
    "deployed, and stderr says how that went: the position from which the new code runs, or file " +
    "and line of each error, and the old code continues.",
  shippedRegistry: true,
  examples: [
    "ssmd signal deploy",
    "ssmd signal deploy --env demo --output json",
    "ssmd signal deploy --watch --for 1s",
  ],
  flags: {
    ...GATEWAY_FLAGS,
    watch: on("Check and deploy each saved change, until stopped"),
    for: RUN_FOR,
  },
  output: z.array(SWITCH),
  table: (switches) => ({ rows: switchRows(switches), counted: "change" }),
  asks: ["POST /v1/admin/signals/deploy"],
  run: async ({ flags, context }) =>
    flags.watch
      ? await watchSignals(context, flags, endOf(flags.for))
      : await switchesOf(context, flags, ["POST", "deploy"]),
});

/** Aborted by Ctrl-C, or after a time, ms. */
function endOf(runMs: number | undefined): AbortSignal {
  const ended = new AbortController();
  const timer = runMs === undefined ? undefined : setTimeout(() => ended.abort(), runMs);
  untilSignal(ended.signal).then(() => {
    clearTimeout(timer);
    ended.abort();
  });
  return ended.signal;
}
