import { type CredentialsSource, type Venue, venueNamed } from "@ssmd/exchanges";
import { ConfigError, type Logger } from "@ssmd/runtime";
import { type CaptureSummary, inspectCapture, Recording } from "@ssmd/simulator";
import type { Captures, FeedPlan } from "./feed_plan.ts";

/** A recording needs no key. */
const NONE: CredentialsSource = () => Promise.resolve({});

/** One plan per venue; markets and wire format are read from the files. */
export async function planCaptures(captures: Captures, logger: Logger): Promise<FeedPlan[]> {
  const byVenue = new Map<string, CaptureSummary[]>();
  for (const file of captures.files) {
    const summary = await inspectCapture(file);
    tellUnreadable(summary, logger);
    const known = byVenue.get(summary.venue);
    if (known === undefined) byVenue.set(summary.venue, [summary]);
    else known.push(summary);
  }
  return [...byVenue].map(([id, summaries]) => planOf(venueNamed(id), summaries, captures));
}

function planOf(
  venue: Venue,
  summaries: readonly CaptureSummary[],
  { times }: Captures,
): FeedPlan {
  const recording = new Recording(venue, summaries);
  if (times === "recorded" && recording.firstUs < OLDEST_US) throw noTimes(summaries[0]?.file);
  const symbols = new Map(
    recording.connections.flatMap((each) => each.symbols).map((spec) => [spec.external, spec]),
  );
  const endpoint = `recording:${summaries.map(({ file }) => file).join(",")}`;
  return {
    ...{ feed: venue.id, venue, endpoint, credentials: NONE },
    ...{ symbols: [...symbols.values()], recording },
  };
}

/** No venue had a WebSocket before 2000. */
const OLDEST_US = Date.UTC(2000, 0, 1) * 1000;

function noTimes(file = ""): ConfigError {
  return new ConfigError("CAPTURE_TIMES", `The lines of ${file} have no times that can be kept`, {
    context: { file },
    hint: 'Leave --times out, or give lines whose "t" is in nanoseconds since 1970',
  });
}

function tellUnreadable({ file, unreadable }: CaptureSummary, logger: Logger): void {
  if (unreadable === undefined) return;
  const { count, line, why } = unreadable;
  logger.warn("lines of a recording cannot be read: each is kept in raw, its place is a gap", {
    ...{ file, lines: count, first_line: line, why },
  });
}
