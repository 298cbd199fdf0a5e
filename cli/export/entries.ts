import type { Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";

/** A command before its module is loaded. */
interface LazyCommand {
  brief: string;
  load: () => Promise<{ command: Command<SsmdContext> }>;
}

/** The words behind `ssmd data` that export and remove. */
export const DATA_EXPORT_ROUTES: Readonly<Record<string, LazyCommand>> = {
  export: {
    brief: "Export archived records as Parquet, CSV or JSON lines",
    load: () => import("../commands/data_export.ts"),
  },
  retention: {
    brief: "Show or remove archived days that are older than the environment keeps them",
    load: () => import("../commands/data_retention.ts"),
  },
};
