import type { Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";

/** The words behind `ssmd client` that look at a running gateway. */
export const CLIENT_CONNECTION_ROUTES: Readonly<
  Record<string, { brief: string; load: () => Promise<{ command: Command<SsmdContext> }> }>
> = {
  list: {
    brief: "List the clients that are connected to a running gateway",
    load: () => import("../commands/client_list.ts"),
  },
  show: {
    brief: "Show one connected client: subscriptions, buffer, losses, last error",
    load: () => import("../commands/client_show.ts"),
  },
  disconnect: {
    brief: "End a client's connection; it is told",
    load: () => import("../commands/client_disconnect.ts"),
  },
  "set-mode": {
    brief: "Change how records come to a connected client; it is told",
    load: () => import("../commands/client_set_mode.ts"),
  },
  slow: {
    brief: "List connected clients that are slow, or have lost messages",
    load: () => import("../commands/client_slow.ts"),
  },
  history: {
    brief: "List connections that ended, and why",
    load: () => import("../commands/client_history.ts"),
  },
};
