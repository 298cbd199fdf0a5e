import { buildCommand, type Command } from "@stricli/core";
import { auditArchive } from "../archive/audit_archive.ts";
import { parseMoment } from "../archive/time_span.ts";
import { confirmed } from "../confirm.ts";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { OUTPUT_FLAG } from "../flags.ts";
import { isoOfMs } from "../format.ts";
import { docs, switchFlag, textFlag, word } from "../registry/flags.ts";
import { type OutputFormat, render } from "../render.ts";
import { versionAt, versionNamed, versionsOfKey } from "../storage/find_version.ts";
import { VERSIONED_ENV_FLAG, withVersions } from "../storage/versioned.ts";

interface Flags {
  env: string;
  version?: string;
  at?: number;
  dryRun: boolean;
  output: OutputFormat;
}

/** `ssmd storage restore` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Make an older version of an object the current one",
    "The version is read and put anew; what is current now stays as an older version, so that " +
      "restoring can itself be undone.",
    [
      "ssmd storage restore normalized/archive/kraken/v1/2026/08/01/manifest.json --at 2030-01-01 --env archive --yes",
      "ssmd storage restore normalized/archive/kraken/v1/2026/08/01/manifest.json --at 2030-01-01 --env archive --dry-run",
    ],
  ),
  parameters: {
    flags: {
      env: VERSIONED_ENV_FLAG,
      version: textFlag("The version's name, as ssmd storage versions tells it", "version"),
      at: {
        kind: "parsed",
        parse: parseMoment,
        brief: "The version that was current then: YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ",
        optional: true,
        placeholder: "time",
      },
      dryRun: switchFlag("Tell what would be restored, and restore nothing"),
      output: OUTPUT_FLAG,
    },
    positional: { kind: "tuple", parameters: [word("Key of the object", "key")] },
  },
  func: runRestore,
});

async function runRestore(this: SsmdContext, flags: Flags, key: string): Promise<void> {
  const { env, version: name, at, dryRun } = flags;
  if ((name === undefined) === (at === undefined)) {
    throw new UsageError("VERSION_NEEDED", "Which version is meant?", {
      hint: "Give --version or --at, and not both.",
    });
  }
  const value = await withVersions(this, env, async (versions) => {
    const found = await versionsOfKey(versions, key);
    const version = name !== undefined
      ? versionNamed(found, name)
      : versionAt(found, (at ?? 0) / 1000);
    if (version.isDeletion) {
      throw new UsageError("VERSION_IS_DELETION", "That version says that the object is deleted.", {
        hint: "ssmd storage delete removes it, which brings the object back.",
      });
    }
    const from = isoOfMs(version.modifiedAtMs);
    const told = { key, version: version.version, size: version.size, from };
    if (version.isLatest || dryRun) return { ...told, restored: false };
    const question = `Put the version of ${from} of ${key} over the current one?`;
    if (!confirmed(this, question)) return { ...told, restored: false };
    await auditArchive(this, env, { action: "version restore", key, version: version.version });
    await versions.restore(version);
    return { ...told, restored: true };
  });
  this.process.stdout.write(render({ value, rows: [value] }, flags.output));
}
