import type { CredentialsSource, Venue } from "@ssmd/exchanges";
import type { CaptureLocation, DeployedSymbol } from "@ssmd/metadata";
import type { Recording } from "@ssmd/simulator";

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
