import { z } from "zod";
import { auditArchive } from "../archive/audit_archive.ts";
import { DRY_RUN } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { on, text } from "../command/flag.ts";
import { oneRow } from "../command/table.ts";
import { confirmed } from "../confirm.ts";
import { UsageError } from "../exit.ts";
import { versionNamed, versionsOfKey } from "../storage/find_version.ts";
import {
  OBJECT_KEY,
  VERSION_STATE,
  VERSIONED_ENVIRONMENT,
  versionState,
  withVersions,
} from "../storage/versioned.ts";

export default defineCommand({
  name: "storage delete",
  brief: "Permanently delete one version of an object",
  description:
    "The current version is refused: a manifest may name it, and ssmd data retention removes " +
    "whole days. Deleting a version that marks a deletion restores the object. Objects put " +
    "before versioning have the version null.",
  changes: "operations",
  shippedRegistry: true,
  examples: [
    "ssmd storage delete raw/archive/example.txt --version null --env archive --dry-run",
    "ssmd storage delete raw/archive/example.txt --version null --env archive --yes",
  ],
  flags: {
    env: VERSIONED_ENVIRONMENT,
    version: text("Version, as in ssmd storage versions", {
      placeholder: "version",
      required: true,
    }),
    force: on("Also the current version"),
    dryRun: DRY_RUN,
  },
  args: [OBJECT_KEY],
  output: z.object({
    key: z.string(),
    version: z.string(),
    size: z.int().describe("Bytes"),
    state: VERSION_STATE,
    deleted: z.boolean(),
  }),
  table: oneRow,
  run: ({ flags: { env, version: name, force, dryRun }, args: [key], context }) =>
    withVersions(context, env, async (versions) => {
      const version = versionNamed(await versionsOfKey(versions, key), name);
      if (version.isLatest && !version.isDeletion && !force) {
        throw new UsageError("VERSION_IS_CURRENT", `Reads of "${key}" give this very version`, {
          hint: "Restore another one first; --force deletes it all the same",
        });
      }
      const view = { key, version: name, size: version.size, state: versionState(version) };
      const question = `Delete the version ${name} of ${key}? It cannot be got back.`;
      if (dryRun || !confirmed(context, question)) return { ...view, deleted: false };
      await auditArchive(context, { env }, { action: "version delete", ...view });
      await versions.remove(version);
      return { ...view, deleted: true };
    }),
});
