import type { Command } from "@stricli/core";
import type { SsmdContext } from "../context.ts";

/** A command before its module is loaded. */
interface LazyCommand {
  brief: string;
  load: () => Promise<{ command: Command<SsmdContext> }>;
}

/** `ssmd storage …`. */
export const STORAGE_COMMANDS: Readonly<
  Record<string, { brief: string; routes: Record<string, LazyCommand> }>
> = {
  storage: {
    brief: "Versions of objects in buckets",
    routes: {
      versions: {
        brief: "List the versions that buckets keep of objects",
        load: () => import("../commands/storage_versions.ts"),
      },
      restore: {
        brief: "Make an older version of an object the current one",
        load: () => import("../commands/storage_restore.ts"),
      },
      delete: {
        brief: "Delete one version of an object for good",
        load: () => import("../commands/storage_delete.ts"),
      },
      prune: {
        brief: "Delete old versions that nobody reads any more",
        load: () => import("../commands/storage_prune.ts"),
      },
      versioning: {
        brief: "Show whether buckets keep versions of objects, or switch it",
        load: () => import("../commands/storage_versioning.ts"),
      },
    },
  },
};
