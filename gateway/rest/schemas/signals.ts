import { SIGNAL_STATES } from "@ssmd/market";
import { z } from "zod";
import { RECORDS } from "../../protocol/messages.ts";
import { GAP, HINTS, NEXT, TIME, TIME_OR_NULL } from "./common.ts";
import { named } from "../../http/named.ts";

/** A signal and its status. */
export const SIGNAL = named(
  "Signal",
  "A signal of this environment and how it is.",
  z.strictObject({
    id: z.string(),
    title: z.string(),
    version: z.int().describe("Version set by its author; 0 = its code could not be loaded."),
    state: z.enum(SIGNAL_STATES).describe(
      "`running`; `disabled` by a person; `quarantined` because it harmed its host; `failed` " +
        "to load.",
    ),
    why: z.string().describe("Why it does not run, or what it waits for before it can fire."),
    feeds: z.array(z.string()),
    symbols: z.array(z.string()).describe("Names of markets, or prefixes before a `*`."),
    params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    source_hash: z.string(),
    fires: z.int().nullable().describe(
      "Count since the start of the signals' service; null for a caller that may not see the " +
        "fires of all its markets.",
    ),
    errors: z.int().nullable()
      .describe("Markets for which it threw and is switched off; null as `fires`."),
    last_fire: TIME_OR_NULL.describe("In the time of the records; null = none, or as `fires`."),
  }),
);

/** All signals of the environment. */
export const SIGNAL_LIST = named(
  "SignalList",
  "Signals of this environment.",
  z.strictObject({
    signals: z.array(SIGNAL),
    lag_seconds: z.number().describe("Delay behind the records."),
    _hints: HINTS,
  }),
);

/** A fire, as the stream sends it. */
const FIRE = named("Fire", "A fire, as the stream sends it.", RECORDS.fire.omit({ pos: true }));

/** A page of fires. */
export const FIRE_PAGE = named(
  "FirePage",
  "Fires of a signal, the newest first.",
  z.strictObject({
    signal: z.string(),
    from: TIME,
    to: TIME,
    fires: z.array(FIRE),
    gaps: z.array(GAP).describe("Times of which fires are missing, as the archive is damaged."),
    next: NEXT,
    _hints: HINTS,
  }),
);

/** History of switches of the running signals. */
export const SIGNAL_SWITCHES = named(
  "SignalSwitches",
  "What ran from which place of the stream on, the newest last.",
  z.strictObject({
    switches: z.array(z.strictObject({
      at: TIME,
      action: z.enum(["start", "deploy", "enable", "disable", "quarantine"]),
      stream: z.strictObject({ created_at_us: z.number(), sequence: z.int() })
        .describe("Last bus message processed by the signals of the previous deployment."),
      feeds: z.record(z.string(), z.number())
        .describe("Receive time of the last processed record, by feed, µs."),
      signals: z.array(z.strictObject({
        id: z.string(),
        version: z.int(),
        source_hash: z.string(),
        params_hash: z.string(),
      })),
    })),
  }),
);
