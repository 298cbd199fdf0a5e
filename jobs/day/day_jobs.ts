import type { JsonRecord } from "@ssmd/journal";
import type { TradingDays } from "@ssmd/metadata";
import type { DayRecord } from "./day_state.ts";
import type { DayStore } from "./day_store.ts";
import type { RunningServices } from "./running_services.ts";

/** Dependencies of trading day workflows besides the archive. */
export interface DayJobs {
  days: DayStore;
  /** Wall clock, µs. */
  nowUs: () => number;
  /** Appends to the journal's topic of trading days. */
  recordEvent: (event: JsonRecord) => Promise<void>;
  /** Returns a job's steps that the journal has as done under a fencing token. */
  doneSteps: (job: string, token: number) => Promise<ReadonlySet<string>>;
  /** Publishes a day's status to other processes. */
  publish: (day: DayRecord) => Promise<void>;
  /** Reloads the feed and its markets. Throws ConfigError when invalid or not in force. */
  readRegistry: (feed: string, day: string) => Promise<JsonRecord>;
  /** Returns the environment's running services on this machine; undefined when there are none. */
  services: () => Promise<RunningServices | undefined>;
  /** Returns the trading days of a feed's calendar. */
  tradingDays: (feed: string) => Promise<TradingDays>;
}
