import type { Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";

/** A command before its module is loaded. */
interface LazyCommand {
  brief: string;
  load: () => Promise<{ command: Command<SsmdContext> }>;
}

/** The words behind `ssmd client api-key`. */
const API_KEY_ROUTES: Readonly<Record<string, LazyCommand>> = {
  create: {
    brief: "Make a key for a client; it is shown this once",
    load: () => import("../commands/client_api_key_create.ts"),
  },
  list: {
    brief: "List keys with their state, age and last use; never their secrets",
    load: () => import("../commands/client_api_key_list.ts"),
  },
  rotate: {
    brief: "Make a key that takes another's place; both hold for a while",
    load: () => import("../commands/client_api_key_rotate.ts"),
  },
  revoke: {
    brief: "Take a key away at once; its streams are closed",
    load: () => import("../commands/client_api_key_revoke.ts"),
  },
};

/** The words behind `ssmd client` that work on the clients, keys and usage of an environment. */
export const CLIENT_ACCOUNT_ROUTES: Readonly<
  Record<string, LazyCommand | { brief: string; routes: Readonly<Record<string, LazyCommand>> }>
> = {
  accounts: {
    brief: "List the clients that were made, with their limits",
    load: () => import("../commands/client_accounts.ts"),
  },
  create: {
    brief: "Make a client: somebody who gets keys and entitlements",
    load: () => import("../commands/client_create.ts"),
  },
  update: {
    brief: "Change a client's description or role",
    load: () => import("../commands/client_update.ts"),
  },
  disable: {
    brief: "Let none of a client's keys in; its streams are closed",
    load: () => import("../commands/client_disable.ts"),
  },
  enable: {
    brief: "Let a client's keys in again",
    load: () => import("../commands/client_enable.ts"),
  },
  delete: {
    brief: "Delete a client with its keys and entitlements",
    load: () => import("../commands/client_delete.ts"),
  },
  "api-key": { brief: "Keys of clients", routes: API_KEY_ROUTES },
  entitle: {
    brief: "Let a client see feeds, symbols and types",
    load: () => import("../commands/client_entitle.ts"),
  },
  entitlements: {
    brief: "List what clients may see",
    load: () => import("../commands/client_entitlements.ts"),
  },
  revoke: {
    brief: "Take entitlements of a client away",
    load: () => import("../commands/client_revoke.ts"),
  },
  sessions: {
    brief: "List stream connections, now and before",
    load: () => import("../commands/client_sessions.ts"),
  },
  limit: {
    brief: "Show or set how many streams a client may have open",
    load: () => import("../commands/client_limit.ts"),
  },
  "rate-limit": {
    brief: "Show or set how many requests a second a client may send",
    load: () => import("../commands/client_rate_limit.ts"),
  },
  quota: {
    brief: "Show or set how many messages a day a client may get",
    load: () => import("../commands/client_quota.ts"),
  },
  usage: {
    brief: "Count what clients got, by day, client, feed and type",
    load: () => import("../commands/client_usage.ts"),
  },
  export: {
    brief: "Print clients with their entitlements and limits, without secrets",
    load: () => import("../commands/client_export.ts"),
  },
  import: {
    brief: "Make clients as a file describes them",
    load: () => import("../commands/client_import.ts"),
  },
};
