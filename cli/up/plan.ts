import { type CredentialsSource, type Venue, venueOfParser, VENUES } from "@ssmd/exchanges";
import {
  type CaptureLocation,
  type DeployedSymbol,
  type Deployment,
  SIMULATOR_CONNECTS,
} from "@ssmd/metadata";
import { ConfigError } from "@ssmd/runtime";
import { inspectCapture } from "@ssmd/simulator";

/** What `up` runs for one feed. */
export interface FeedPlan {
  feed: string;
  venue: Venue;
  symbols: DeployedSymbol[];
  /** The venue's own address; unused where the feed is simulated. */
  endpoint: string;
  credentials: CredentialsSource;
  /** How often the address may be connected to; absent = as the venue says. */
  connects?: { burst: number; refillMs: number };
  /** Where it is captured; absent = not said. */
  captureLocation?: CaptureLocation;
  /** Where a simulator takes the venue's place: what it plays. */
  simulated?: { type: "model" } | { type: "capture"; files: string[] };
}

/** Of simulators: who plays a capture gives the key that it asks for. */
const NONE: CredentialsSource = () => Promise.resolve({});

/** One plan a feed: of the environment, or of the captures where there are any. */
export async function planFeeds(
  deployment: Deployment,
  captures: readonly string[],
): Promise<FeedPlan[]> {
  if (captures.length > 0) return await planCaptures(captures);
  const { environment } = deployment;
  return environment.feeds.map((id) => {
    const { parser, ...feed } = deployment.feed(id);
    const plan = { ...feed, venue: venueOfParser(parser) };
    return environment.simulator ? { ...plan, simulated: { type: "model" } } : plan;
  });
}

/** Captures by venue, played one after another; their symbols are read off the files. */
async function planCaptures(files: readonly string[]): Promise<FeedPlan[]> {
  const plans = new Map<string, FeedPlan & { simulated: { type: "capture"; files: string[] } }>();
  for (const file of files) {
    const capture = await inspectCapture(file);
    const venue = VENUES[capture.venue];
    if (!venue) {
      throw new ConfigError("CAPTURE_UNKNOWN", `${file} is of no venue that is built in`, {
        hint: `there are: ${Object.keys(VENUES).join(", ")}`,
      });
    }
    let plan = plans.get(venue.id);
    if (!plan) {
      const simulated = { type: "capture" as const, files: [] };
      const own = { credentials: NONE, connects: SIMULATOR_CONNECTS, simulated };
      plan = { feed: venue.id, venue, endpoint: "", symbols: [], ...own };
      plans.set(venue.id, plan);
    }
    plan.simulated.files.push(file);
    for (const external of capture.symbols) {
      if (plan.symbols.some((known) => known.external === external)) continue;
      const symbol = { symbol: venue.symbolOf(external), external };
      plan.symbols.push(capture.depth === undefined ? symbol : { ...symbol, depth: capture.depth });
    }
  }
  return [...plans.values()];
}
