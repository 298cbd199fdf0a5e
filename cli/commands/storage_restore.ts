import { z } from "zod";
import type { ObjectVersion } from "@ssmd/storage";
import { auditArchive } from "../archive/audit_archive.ts";
import { parseMoment } from "../archive/time_span.ts";
import { DRY_RUN } from "../command/common_flags.ts";
import { defineCommand } from "../command/define.ts";
import { parsed, text } from "../command/flag.ts";
import { oneRow } from "../command/table.ts";
import { confirmed } from "../confirm.ts";
import { UsageError } from "../exit.ts";
import { isoOfMs } from "../format.ts";
import { versionAt, versionNamed, versionsOfKey } from "../storage/find_version.ts";
import { OBJECT_KEY, VERSIONED_ENVIRONMENT, withVersions } from "../storage/versioned.ts";

export default defineCommand({
  name: "storage restore",
  brief: "Make an older version of an object the current one",
  description:
    "The version is read and put again; the current one stays as an older version, so a " +
    "restore can be undone.",
  changes: "operations",
  shippedRegistry: true,
  examples: [
    "ssmd storage restore normalized/archive/kraken/v1/2026/08/01/manifest.json --at 2030-01-01 --env archive --yes",
    "ssmd storage restore normalized/archive/kraken/v1/2026/08/01/manifest.json --at 2030-01-01 --env archive --dry-run",
  ],
  flags: {
    env: VERSIONED_ENVIRONMENT,
    version: text("Version, as in ssmd storage versions", {
      placeholder: "version",
    }),
    at: parsed(
      parseMoment,
      "Restore the version that was current then: YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ",
      { placeholder: "time" },
    ),
    dryRun: DRY_RUN,
  },
  args: [OBJECT_KEY],
  output: z.object({
    key: z.string(),
    version: z.string(),
    size: z.int().describe("Bytes"),
    from: z.string().describe("Time when the version was put, ISO 8601"),
    restored: z.boolean(),
  }),
  table: oneRow,
  run({ flags: { env, version: name, at, dryRun }, args: [key], context }) {
    if ((name === undefined) === (at === undefined)) {
      throw new UsageError("VERSION_NEEDED", "Which version is meant?", {
        hint: "Give --version or --at, and not both",
      });
    }
    return withVersions(context, env, async (versions) => {
      const found = await versionsOfKey(versions, key);
      const version = name !== undefined
        ? versionNamed(found, name)
        : versionAt(found, (at ?? 0) / 1000);
      assertContent(version);
      const from = isoOfMs(version.modifiedAtMs);
      const view = { key, version: version.version, size: version.size, from };
      if (version.isLatest || dryRun) return { ...view, restored: false };
      const question = `Put the version of ${from} of ${key} over the current one?`;
      if (!confirmed(context, question)) return { ...view, restored: false };
      await auditArchive(context, { env }, {
        action: "version restore",
        key,
        version: version.version,
      });
      await versions.restore(version);
      return { ...view, restored: true };
    });
  },
});

function assertContent({ isDeletion }: ObjectVersion): void {
  if (!isDeletion) return;
  throw new UsageError("VERSION_IS_DELETION", "That version says that the object is deleted", {
    hint: "ssmd storage delete removes it, which brings the object back",
  });
}
