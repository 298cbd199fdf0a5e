import { z } from "zod";
import { ENVIRONMENT } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { Registry } from "../registry/registry.ts";

export default defineCommand({
  name: "clock check",
  brief: "Tell how this machine's clock is kept, and whether records can rely on it",
  description:
    "Asks chrony, then systemd-timesyncd, as a connector does twice a minute. Exit code 1 when the " +
    "clock is not synchronized, or is off by more than the environment's location allows. What was " +
    "captured by a bad clock: ssmd data quality; jumps of the clock: ssmd data gaps --reason clock.",
  examples: ["ssmd clock check", "ssmd clock check --env kraken --output json"],
  flags: { env: ENVIRONMENT },
  output: z.object({
    source: z.string().describe("What sets the clock: chrony, ntp, ptp, gps, system"),
    status: z.string().describe(
      "synchronized, unsynchronized, or unknown = nothing on this machine says it",
    ),
    offset_us: z.number().nullable().describe(
      "Against the reference, positive = fast; null = unknown",
    ),
    allowed_us: z.number().nullable().describe("At the environment's location; null = not said"),
    why: z.string().nullable().describe("Why it is not synchronized"),
  }),
  failed: ({ status }) => status === "unsynchronized",
  async run({ flags, context }) {
    const { readClock } = await import("@ssmd/connector");
    const registry = await Registry.open(context.globals);
    const { feeds, location: id } = registry.environment(flags.env);
    const location = feeds.flatMap((feed) => registry.feed(feed).capture_locations ?? [])
      .find((each) => each.id === id);
    const { source, status, offsetUs, why = null } = await readClock(location);
    const allowed_us = location?.clock_accuracy_us ?? null;
    return { source, status, offset_us: offsetUs, allowed_us, why };
  },
});
