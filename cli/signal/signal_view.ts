import type { SignalInfo } from "@ssmd/signals";
import { formatDurationMs } from "@ssmd/runtime";
import { z } from "zod";

const PARAM = z.union([z.number(), z.string(), z.boolean()]);

/** Loaded signal as printed. */
export const SIGNAL_VIEW = z.object({
  id: z.string(),
  title: z.string(),
  version: z.int(),
  feeds: z.array(z.string()),
  symbols: z.array(z.string()),
  params: z.record(z.string(), PARAM),
  builders: z.record(z.string(), z.string()).describe("Meaning of each name of its state"),
  edge: z.enum(["rising", "falling", "level"]),
  cooldown: z.string().nullable().describe("null = none"),
  every: z.string().nullable().describe("null = after records"),
  max_fires_per_hour: z.int(),
  warmup: z.string().nullable().describe("Longest time of its builders; null = none"),
  source_hash: z.string(),
  params_hash: z.string(),
});

/** A signal as commands show it. */
type SignalView = z.output<typeof SIGNAL_VIEW>;

/** Builds the view of a signal. */
export function signalView(info: SignalInfo): SignalView {
  const { id, title, version, feeds, symbols, params, builders, edge } = info;
  return {
    ...{ id, title, version, feeds: [...feeds], symbols: [...symbols], params, builders, edge },
    cooldown: spanText(info.cooldownUs),
    every: spanText(info.everyUs),
    max_fires_per_hour: info.maxFiresPerHour,
    warmup: spanText(info.warmupUs),
    source_hash: info.sourceHash,
    params_hash: info.paramsHash,
  };
}

function spanText(us: number): string | null {
  return us === 0 ? null : formatDurationMs(Math.ceil(us / 1000));
}
