import { CLOCK_FLAGS, CLOCK_STATE, readClockState } from "../clock/clock_state.ts";
import { defineCommand } from "../command/define.ts";

export default defineCommand({
  name: "clock status",
  brief: "Show the time source of this machine's clock and its offset",
  description: "Queries chrony, then systemd-timesyncd, as a connector does twice a minute.",
  shippedRegistry: true,
  examples: ["ssmd clock status", "ssmd clock status --env kraken --output json"],
  flags: CLOCK_FLAGS,
  output: CLOCK_STATE,
  run: ({ flags, context }) => readClockState(context.globals, flags.env),
});
