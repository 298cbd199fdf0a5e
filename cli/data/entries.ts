import type { Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";

/** A command before its module is loaded. */
interface LazyCommand {
  brief: string;
  load: () => Promise<{ command: Command<SsmdContext> }>;
}

/** The words behind `ssmd data` that tell what there is. */
export const DATA_ROUTES: Readonly<Record<string, LazyCommand>> = {
  inventory: {
    brief: "List what is archived: days by feed, sizes, counts, condition",
    load: () => import("../commands/data_inventory.ts"),
  },
  gaps: {
    brief: "List what is missing within archived days, and why",
    load: () => import("../commands/data_gaps.ts"),
  },
  quality: {
    brief: "Show how complete archived days are, and how well their clocks were set",
    load: () => import("../commands/data_quality.ts"),
  },
  replay: {
    brief: "Replay archived records at their own pace, or as fast as they are read",
    load: () => import("../commands/data_replay.ts"),
  },
};
