import type { Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";

/** A command before its module is loaded. */
interface LazyCommand {
  brief: string;
  load: () => Promise<{ command: Command<SsmdContext> }>;
}

/** The commands that make, compare and choose versions of the archive's records, and check them. */
export const REPROCESS_COMMANDS: Readonly<
  Record<string, { brief: string; routes: Record<string, LazyCommand> }>
> = {
  reprocess: {
    brief: "Versions of the archive's records, made anew from raw",
    routes: {
      run: {
        brief: "Make days of a version from the raw files",
        load: () => import("../commands/reprocess_run.ts"),
      },
      list: {
        brief: "List the versions of each feed, what made them, and what is read",
        load: () => import("../commands/reprocess_list.ts"),
      },
      status: {
        brief: "Show a version day by day, and how far a run is",
        load: () => import("../commands/reprocess_status.ts"),
      },
      diff: {
        brief: "Compare two versions: counts, schemas, values, and the first records that differ",
        load: () => import("../commands/reprocess_diff.ts"),
      },
      promote: {
        brief: "Let readers take a version where they name none",
        load: () => import("../commands/reprocess_promote.ts"),
      },
      prune: {
        brief: "Remove a version that is not promoted",
        load: () => import("../commands/reprocess_prune.ts"),
      },
    },
  },
  qa: {
    brief: "Checks of archived days",
    routes: {
      run: {
        brief: "Check days of a feed: silence, ranges, presence, time, books, ids",
        load: () => import("../commands/qa_run.ts"),
      },
      show: {
        brief: "Show what the checks of a day found",
        load: () => import("../commands/qa_show.ts"),
      },
    },
  },
};
