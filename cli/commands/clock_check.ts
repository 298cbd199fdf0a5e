import { CLOCK_FLAGS, CLOCK_STATE, readClockState } from "../clock/clock_state.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "clock check",
  brief: "Check whether this machine's clock is accurate enough for records",
  description:
    "Reads the clock as ssmd clock status does. Exit code 1 when the clock is not synchronized, or " +
    "is off by more than the environment's location allows.",
  shippedRegistry: true,
  examples: ["ssmd clock check", "ssmd clock check --env kraken --output json"],
  flags: CLOCK_FLAGS,
  output: CLOCK_STATE,
  failed: ({ status }) => status === "unsynchronized",
  run: ({ flags, context }) => readClockState(context.globals, flags.env),
});
