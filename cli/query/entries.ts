import type { Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";

/** A command before its module is loaded. */
interface LazyCommand {
  brief: string;
  load: () => Promise<{ command: Command<SsmdContext> }>;
}

/** `ssmd query`. */
export const QUERY_COMMANDS: Readonly<Record<string, LazyCommand>> = {
  query: {
    brief: "Ask the archive in SQL, or for the records of a table",
    load: () => import("../commands/query.ts"),
  },
};
