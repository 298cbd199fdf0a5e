import { z } from "zod";
import { ENVIRONMENT } from "../command/common_flags.ts";
import type { Globals } from "../context.ts";
import { environmentOf } from "../registry/environment_of.ts";
import { Registry } from "../registry/registry.ts";

/** Flags of the commands that read this machine's clock. */
export const CLOCK_FLAGS = { env: ENVIRONMENT };

/** State of this machine's clock. */
export const CLOCK_STATE = z.object({
  source: z.string().describe("Time source: chrony, ntp, ptp, gps, system"),
  status: z.string().describe(
    "synchronized, unsynchronized, or unknown = not reported on this machine",
  ),
  offset_us: z.number().nullable().describe(
    "Offset from the reference, positive = fast; null = unknown",
  ),
  allowed_us: z.number().nullable().describe(
    "Limit at the environment's location; null = no limit set",
  ),
  why: z.string().nullable().describe("Why it is not synchronized"),
});

/** Reads this machine's clock by the location of an environment. Throws ConfigError. */
export async function readClockState(
  globals: Globals,
  env: string,
): Promise<z.output<typeof CLOCK_STATE>> {
  const { readClock } = await import("@ssmd/connector");
  const registry = await Registry.open(globals);
  const { feeds, location: id } = environmentOf(registry, env);
  const location = feeds.flatMap((feed) => registry.feed(feed).capture_locations ?? [])
    .find((each) => each.id === id);
  const { source, status, offsetUs, why = null } = await readClock(location);
  const allowed_us = location?.clock_accuracy_us ?? null;
  return { source, status, offset_us: offsetUs, allowed_us, why };
}
