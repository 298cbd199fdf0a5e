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
      list: {
        brief: "List the feeds and the version of each that is in force",
        load: () => import("../commands/feed_list.ts"),
      },
      show: {
        brief: "Show a feed: its version in force, and all others",
        load: () => import("../commands/feed_show.ts"),
      },
      create: {
        brief: "Write a new feed file with its first version",
        load: () => import("../commands/feed_create.ts"),
      },
      update: {
        brief: "Correct a feed file: its own fields, or those of a version",
        load: () => import("../commands/feed_update.ts"),
      },
      "add-version": {
        brief: "Add a dated version: what the venue changes on a day",
        load: () => import("../commands/feed_add_version.ts"),
      },
      "add-location": {
        brief: "Add a place that captures a feed, with its clock",
        load: () => import("../commands/feed_add_location.ts"),
      },
      add: {
        brief: "Add a feed of the registry to an environment",
        load: () => import("../commands/feed_add.ts"),
      },
      remove: {
        brief: "Take a feed with its symbols out of an environment, or out of the registry",
        load: () => import("../commands/feed_remove.ts"),
      },
      enable: {
        brief: "Let environments use a feed",
        load: () => import("../commands/feed_enable.ts"),
      },
      disable: {
        brief: "Forbid a feed to all environments",
        load: () => import("../commands/feed_disable.ts"),
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
      list: {
        brief: "List the registered schemas and the version of each that is in force",
        load: () => import("../commands/schema_list.ts"),
      },
      show: {
        brief: "Show a schema: the version in force with its text, and all others",
        load: () => import("../commands/schema_show.ts"),
      },
      register: {
        brief: "Register schemas: their text, its SHA-256 and the day from which they hold",
        load: () => import("../commands/schema_register.ts"),
      },
      hash: {
        brief: "Print the SHA-256 of schemas and which registered version it is",
        load: () => import("../commands/schema_hash.ts"),
      },
      "set-status": {
        brief: "Move a version on: draft, active, deprecated",
        load: () => import("../commands/schema_set_status.ts"),
      },
      "add-version": {
        brief: "Add the next version of a schema, as a draft",
        load: () => import("../commands/schema_add_version.ts"),
      },
      compat: {
        brief: "Compare two schemas: does each read what the other one writes?",
        load: () => import("../commands/schema_compat.ts"),
      },
      used: {
        brief: "Tell which archived data was written with which version of a schema",
        load: () => import("../commands/schema_used.ts"),
      },
    },
  },
  env: {
    brief: "Environments of the registry",
    routes: {
      list: {
        brief: "List the environments",
        load: () => import("../commands/env_list.ts"),
      },
      show: {
        brief: "Show an environment with all defaults filled in",
        load: () => import("../commands/env_show.ts"),
      },
      create: {
        brief: "Write a new environment, from nothing or from another one",
        load: () => import("../commands/env_create.ts"),
      },
      update: {
        brief: "Change values of an environment",
        load: () => import("../commands/env_update.ts"),
      },
      "add-key": {
        brief: "Declare a key that an environment needs; its values stand elsewhere",
        load: () => import("../commands/env_add_key.ts"),
      },
      validate: {
        brief: "Check one environment and the feeds that it uses",
        load: () => import("../commands/env_validate.ts"),
      },
      diff: {
        brief: "Tell how one environment differs from another",
        load: () => import("../commands/env_diff.ts"),
      },
      promote: {
        brief: "Bring what one environment captures into another one",
        load: () => import("../commands/env_promote.ts"),
      },
      history: {
        brief: "Tell who changed an environment when, and what",
        load: () => import("../commands/env_history.ts"),
      },
      status: {
        brief: "Tell how an environment stands: sound, committed, its keys there, running",
        load: () => import("../commands/env_status.ts"),
      },
      delete: {
        brief: "Delete an environment's file",
        load: () => import("../commands/env_delete.ts"),
      },
    },
  },
  symbol: {
    brief: "Symbols and their markets",
    routes: {
      list: {
        brief: "List the symbols of all environments, or of one",
        load: () => import("../commands/symbol_list.ts"),
      },
      show: {
        brief: "Show a symbol: the venue's name, the environments, the subjects",
        load: () => import("../commands/symbol_show.ts"),
      },
      map: {
        brief: "Map a symbol of ours to a market of a venue, in an environment",
        load: () => import("../commands/symbol_map.ts"),
      },
      validate: {
        brief: "Check the symbols of all environments, or of one",
        load: () => import("../commands/symbol_validate.ts"),
      },
    },
  },
  validate: {
    brief: "Check all files of the registry and all references between them",
    load: () => import("../commands/validate.ts"),
  },
  diff: {
    brief: "Tell what changed in the registry since the last commit",
    load: () => import("../commands/diff.ts"),
  },
  commit: {
    brief: "Check the registry and commit its files, and no others",
    load: () => import("../commands/commit.ts"),
  },
};
