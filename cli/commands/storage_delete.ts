import { buildCommand, type Command } from "@stricli/core";
import { auditArchive } from "../archive/audit_archive.ts";
import { confirmed } from "../confirm.ts";
import type { SsmdContext } from "../context.ts";
import { UsageError } from "../exit.ts";
import { OUTPUT_FLAG } from "../flags.ts";
import { docs, neededFlag, switchFlag, word } from "../registry/flags.ts";
import { type OutputFormat, render } from "../render.ts";
import { versionNamed, versionsOfKey } from "../storage/find_version.ts";
import { VERSIONED_ENV_FLAG, withVersions } from "../storage/versioned.ts";
import { stateOf } from "./storage_versions.ts";

interface Flags {
  env: string;
  version: string;
  force: boolean;
  dryRun: boolean;
  output: OutputFormat;
}

/** `ssmd storage delete` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string], SsmdContext>({
  docs: docs(
    "Delete one version of an object for good",
    "A version that reads give now is refused: a manifest may name it, and ssmd data retention " +
      "removes whole days. A version that says that the object was deleted can go: that brings " +
      "the object back. What was put before versions were kept is the version null.",
    [
      "ssmd storage delete raw/archive/example.txt --version null --env archive --dry-run",
      "ssmd storage delete raw/archive/example.txt --version null --env archive --yes",
    ],
  ),
  parameters: {
    flags: {
      env: VERSIONED_ENV_FLAG,
      version: neededFlag("The version's name, as ssmd storage versions tells it", "version"),
      force: switchFlag("Also what reads give now"),
      dryRun: switchFlag("Tell what would be deleted, and delete nothing"),
      output: OUTPUT_FLAG,
    },
    positional: { kind: "tuple", parameters: [word("Key of the object", "key")] },
  },
  func: runDelete,
});

async function runDelete(this: SsmdContext, flags: Flags, key: string): Promise<void> {
  const { env, dryRun, force } = flags;
  const value = await withVersions(this, env, async (versions) => {
    const version = versionNamed(await versionsOfKey(versions, key), flags.version);
    if (version.isLatest && !version.isDeletion && !force) {
      throw new UsageError("VERSION_IS_CURRENT", `Reads of "${key}" give this very version.`, {
        hint: "Restore another one first; --force deletes it all the same.",
      });
    }
    const told = { key, version: version.version, size: version.size, state: stateOf(version) };
    if (dryRun) return { ...told, deleted: false };
    const question = `Delete the version ${version.version} of ${key}? It cannot be got back.`;
    if (!confirmed(this, question)) return { ...told, deleted: false };
    await auditArchive(this, env, { action: "version delete", ...told });
    await versions.remove(version);
    return { ...told, deleted: true };
  });
  this.process.stdout.write(render({ value, rows: [value] }, flags.output));
}
