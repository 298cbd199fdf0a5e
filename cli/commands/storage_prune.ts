import { z } from "zod";
import { DAY_MS } from "@ssmd/runtime";
import type { ObjectVersion } from "@ssmd/storage";
import { auditArchive } from "../archive/audit_archive.ts";
import { DRY_RUN } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { whole } from "../command/flag.ts";
import { oneRow } from "../command/table.ts";
import { confirmed } from "../confirm.ts";
import { bytesText, countText } from "../format.ts";
import { prunable } from "../storage/prune.ts";
import { KEY_PREFIX, VERSIONED_ENVIRONMENT, withVersions } from "../storage/versioned.ts";

export default defineCommand({
  name: "storage prune",
  brief: "Delete old versions of objects",
  description:
    "Never deletes the current version. Keeps the newest older versions of each object, as " +
    "many as --keep says; a deletion marker is removed when it is the last version of its " +
    "object.",
  changes: "operations",
  shippedRegistry: true,
  examples: [
    "ssmd storage prune --env archive --older-than 30 --dry-run",
    "ssmd storage prune normalized/ --env archive --older-than 0 --keep 1 --yes",
  ],
  flags: {
    env: VERSIONED_ENVIRONMENT,
    olderThan: whole("Days since the version was put", { placeholder: "days", required: true }),
    keep: whole("Number of older versions of each object to keep in any case", {
      default: "0",
      placeholder: "count",
    }),
    dryRun: DRY_RUN,
  },
  args: [KEY_PREFIX],
  output: z.object({
    prefix: z.string(),
    versions: z.int(),
    objects: z.int(),
    bytes: z.int(),
    pruned: z.boolean(),
  }),
  table: ({ bytes, ...value }) => oneRow({ ...value, size: bytesText(bytes) }),
  run({ flags: { env, keep, olderThan, dryRun }, args: [prefix = ""], context }) {
    const rule = { keep, beforeMs: Date.now() - olderThan * DAY_MS };
    return withVersions(context, env, async (versions) => {
      const found = await Array.fromAsync(prunable(versions.list(prefix), rule));
      const bytes = found.reduce((sum, { size }) => sum + size, 0);
      const objects = new Set(found.map(({ key }) => key)).size;
      const view = { prefix, versions: found.length, objects, bytes };
      if (dryRun || found.length === 0) return { ...view, pruned: false };
      const what = `${countText(found.length, "version")} of ${countText(objects, "object")}`;
      const question = `Delete ${what}, ${bytesText(bytes)}? They cannot be got back.`;
      if (!confirmed(context, question)) return { ...view, pruned: false };
      const action = "version prune";
      await auditArchive(context, { env }, { action, keep, olderThanDays: olderThan, ...view });
      for (const version of deletionsLast(found)) await versions.remove(version);
      return { ...view, pruned: true };
    });
  },
});

/** Sorts deletion markers last: removing one first would expose the version it hides. */
function deletionsLast(versions: readonly ObjectVersion[]): ObjectVersion[] {
  return [...versions].sort((a, b) => Number(a.isDeletion) - Number(b.isDeletion));
}
