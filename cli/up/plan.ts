import { type CredentialsSource, type Venue, venueNamed, venueOfParser } from "@ssmd/exchanges";
import type { CaptureLocation, DeployedSymbol, Deployment } from "@ssmd/metadata";
import { ConfigError, type Logger } from "@ssmd/runtime";
import { type CaptureSummary, inspectCapture, Recording } from "@ssmd/simulator";

/** Plan of one feed in `up`. */
export interface FeedPlan {
  feed: string;
  venue: Venue;
  symbols: DeployedSymbol[];
  /** The venue's address; unused when simulated. */
  endpoint: string;
  /** Address of the venue's REST API; absent = not used. */
  rest?: string;
  credentials: CredentialsSource;
  /** Id of the normalizer; absent = the recording has its own. */
  normalizer?: string;
  /** Rate limit of connection attempts; absent = the venue's default. */
  connects?: { burst: number; refillMs: number };
  /** Maximum symbols per connection; absent = all on one, as captures were made. */
  symbolsPerConnection?: number;
  /** Message rate limit of a connection; absent = none. */
  sendRate?: { requests: number; perMs: number };
  /** Place of capture; absent = unknown. */
  captureLocation?: CaptureLocation;
  /** Replace the venue by a simulator with a market model. */
  isSimulated?: boolean;
  /** Recording to play instead of the venue. */
  recording?: Recording;
}

/** Recordings played instead of the environment's feeds. */
export interface Captures {
  files: readonly string[];
  /** Receive times of the records: the recorded ones, or the time of replay. */
  times: "recorded" | "received";
}

/** A recording needs no key. */
const NONE: CredentialsSource = () => Promise.resolve({});

/** One plan per feed of the environment, or of the captures if there are any. */
export async function planFeeds(
  deployment: Deployment,
  captures: Captures,
  logger: Logger,
): Promise<FeedPlan[]> {
  if (captures.files.length > 0) return await planCaptures(captures, logger);
  const { environment } = deployment;
  return environment.feeds.map((id) => {
    const { parser, ...feed } = deployment.feed(id);
    const plan = { ...feed, venue: venueOfParser(parser), normalizer: parser };
    return environment.simulator ? { ...plan, isSimulated: true } : plan;
  });
}

/** One plan per venue; markets and wire format are read from the files. */
async function planCaptures(captures: Captures, logger: Logger): Promise<FeedPlan[]> {
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
