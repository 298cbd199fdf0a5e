import type { EventType } from "@ssmd/market";
import { messageOf } from "@ssmd/runtime";
import type { TimeSpan } from "@ssmd/dataset/time_span";
import { parseEnd, type SpanFlags, spanOf } from "../archive/time_span.ts";
import { UsageError } from "../exit.ts";

/** Replay targets. */
const REPLAY_TARGETS = ["stdout", "transport", "ws"] as const;

/** One of {@linkcode REPLAY_TARGETS}. */
export type ReplayTarget = typeof REPLAY_TARGETS[number];

/** Value of `--to`: a target, or the end of the span in µs. */
type ReplayTo = ReplayTarget | number;

/** Flags of `ssmd data replay`. */
export interface ReplayFlags extends Omit<SpanFlags, "to"> {
  data?: string;
  env?: string;
  feed: string;
  symbol?: string[];
  type?: EventType[];
  version?: string;
  speed: number | "max";
  to?: ReplayTo[];
  /** Environment whose bus `--to transport` uses; default `env`. */
  bus?: string;
  as?: string;
  intoLive: boolean;
  port: number;
  /** Duration limit, ms. */
  for?: number;
}

/**
 * Parses `--to`: a target, or a time like `--from`. Throws RangeError that lists the allowed
 * values.
 */
export function parseTo(text: string): ReplayTo {
  const target = REPLAY_TARGETS.find((each) => each === text);
  if (target !== undefined) return target;
  try {
    return parseEnd(text);
  } catch (error) {
    throw new RangeError(`--to is ${REPLAY_TARGETS.join(", ")}, or a time; ${messageOf(error)}`);
  }
}

/** Target and time span; `--to` may be given once for each. Throws UsageError `REPLAY_TO`. */
export function targetAndSpan(
  { date, from, to = [] }: Pick<ReplayFlags, "date" | "from" | "to">,
): { target: ReplayTarget; span: TimeSpan } {
  const targets = to.filter((each) => typeof each === "string");
  const ends = to.filter((each) => typeof each === "number");
  if (targets.length > 1 || ends.length > 1) {
    throw new UsageError("REPLAY_TO", "--to is given twice for the same", {
      hint: `Give it once for where to (${
        REPLAY_TARGETS.join(", ")
      }) and once for the end of the span`,
    });
  }
  const [end] = ends;
  const span = spanOf({
    ...(date === undefined ? {} : { date }),
    ...(from === undefined ? {} : { from }),
    ...(end === undefined ? {} : { to: end }),
  });
  return { target: targets[0] ?? "stdout", span };
}
