import type { Cache } from "@ssmd/cache";
import { DAYS_PUBLISHED, daysKey } from "@ssmd/market";
import { type JournalConfig, type JsonRecord, openJournal } from "@ssmd/journal";
import {
  type Environment,
  journalConfig,
  loadCalendar,
  loadEnvironment,
  loadFeed,
  TradingDays,
  versionOn,
} from "@ssmd/metadata";
import { ConfigError, type Logger, nowUs } from "@ssmd/runtime";
import type { DayJobs } from "./day_jobs.ts";
import type { DayStore } from "./day_store.ts";
import { RunningServices } from "./running_services.ts";

/** Returns the journal topic of an environment's trading days. */
function dayTopic(env: string): string {
  return `${env}.day.events`;
}

/** Options of {@linkcode dayJobs}. */
interface DayJobsOptions {
  environment: Environment;
  registryDir: string;
  dataDir: string;
  /** Publishes day statuses to other processes. */
  cache?: Cache;
  logger: Logger;
}

/** Returns the dependencies of trading day workflows. */
export function dayJobs(
  { environment, registryDir, dataDir, cache, logger }: DayJobsOptions,
  days: DayStore,
): DayJobs {
  const { name: env } = environment;
  const journal = journalConfig(environment);
  const calendars = new Map<string, Promise<TradingDays>>();
  return {
    ...{ days, nowUs },
    recordEvent: async (event) => {
      try {
        logger.debug("a day's step", { env, ...event });
        await append(journal, dayTopic(env), event);
      } catch (error) {
        // The day store has it too, so an unreachable journal stops no day.
        logger.warn("a day's event is not in the journal", { ...event, error });
      }
    },
    doneSteps: (job, token) => doneSteps(journal, dayTopic(env), { job, token }),
    publish: async ({ feed }) => {
      const newest = days.list({ feed, limit: DAYS_PUBLISHED });
      await cache?.set(daysKey(feed), JSON.stringify(newest)).catch(() => {});
    },
    readRegistry: (feed, day) => readRegistry(registryDir, { env, feed, day }),
    services: () => RunningServices.find(dataDir, env),
    tradingDays: (feed) => {
      const known = calendars.get(feed) ?? tradingDaysOf(registryDir, feed);
      calendars.set(feed, known);
      return known;
    },
  };
}

/** Returns a feed's trading days from its calendar. Throws ConfigError. */
export async function tradingDaysOf(registryDir: string, feed: string): Promise<TradingDays> {
  return new TradingDays(await loadCalendar(registryDir, await loadFeed(registryDir, feed)));
}

async function readRegistry(
  dir: string,
  { env, feed: id, day }: { env: string; feed: string; day: string },
): Promise<JsonRecord> {
  const { symbols } = await loadEnvironment(dir, env);
  const version = versionOn(await loadFeed(dir, id), day);
  if (version === undefined) {
    throw new ConfigError("FEED_NOT_IN_FORCE", `No version of ${id} is in force on ${day}`, {
      hint: `ssmd feed show ${id} tells its versions`,
    });
  }
  const markets = Object.values(symbols).filter(({ feed }) => feed === id).length;
  return { markets, parser: version.parser };
}

async function append(config: JournalConfig, topic: string, record: JsonRecord): Promise<void> {
  if (config.type === "memory") return;
  const journal = await openJournal(config);
  try {
    await journal.append(topic, record);
  } finally {
    await journal.close();
  }
}

async function doneSteps(
  config: JournalConfig,
  topic: string,
  { job, token }: { job: string; token: number },
): Promise<ReadonlySet<string>> {
  const steps = new Set<string>();
  if (config.type === "memory") return steps;
  const journal = await openJournal(config);
  try {
    for await (const { record } of journal.read(topic)) {
      const isOurs = record["job"] === job && record["token"] === token;
      if (isOurs && record["event"] === "done") steps.add(String(record["step"]));
    }
  } finally {
    await journal.close();
  }
  return steps;
}
