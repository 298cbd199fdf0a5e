import type { Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";

/** A command before its module is loaded. */
interface LazyCommand {
  brief: string;
  load: () => Promise<{ command: Command<SsmdContext> }>;
}

/** The commands of the registry, in the order of the help. */
export const REGISTRY_COMMANDS: Readonly<
  Record<string, LazyCommand | { brief: string; routes: Record<string, LazyCommand> }>
> = {
  init: {
    brief: "Begin a registry: the folder exchanges/ with what belongs into it",
    load: () => import("../commands/init.ts"),
  },
  feed: {
    brief: "Feeds of the registry",
    routes: {
      show: {
        brief: "Show a feed: its version in force, and all others",
        load: () => import("../commands/feed_show.ts"),
      },
    },
  },
  calendar: {
    brief: "Trading calendars of feeds",
    routes: {
      show: {
        brief: "Show a trading calendar: its hours in force, and when a day is open in UTC",
        load: () => import("../commands/calendar_show.ts"),
      },
    },
  },
  schema: {
    brief: "Registered schemas of records",
    routes: {
      show: {
        brief: "Show a schema: the version in force with its text, and all others",
        load: () => import("../commands/schema_show.ts"),
      },
    },
  },
  env: {
    brief: "Environments of the registry",
    routes: {
      show: {
        brief: "Show an environment with all defaults filled in",
        load: () => import("../commands/env_show.ts"),
      },
    },
  },
  symbol: {
    brief: "Symbols and their markets",
    routes: {},
  },
};
