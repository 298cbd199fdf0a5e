import type { JsonRecord } from "@ssmd/journal";
import type { TradingDays } from "@ssmd/metadata";
import type { DayRecord } from "./day_state.ts";
import type { DayStore } from "./day_store.ts";
import type { RunningServices } from "./running_services.ts";

/** What the workflows on trading days need besides the archive. */
export interface DayJobs {
  days: DayStore;
  /** Wall clock, µs. */
  nowUs: () => number;
  /** Appends to the journal's topic of days. */
  recordEvent: (event: JsonRecord) => Promise<void>;
  /** Steps whose end the journal has, of a job under a fencing token. */
  doneSteps: (job: string, token: number) => Promise<ReadonlySet<string>>;
  /** Tells other processes how a day is. */
  publish: (day: DayRecord) => Promise<void>;
  /** Reads the feed and its markets anew. Throws ConfigError for what is wrong or not in force. */
  readRegistry: (feed: string, day: string) => Promise<JsonRecord>;
  /** What runs of the environment on this machine; undefined = nothing. */
  services: () => Promise<RunningServices | undefined>;
  /** The days of a feed's calendar. */
  tradingDays: (feed: string) => Promise<TradingDays>;
}
