import { buildCommand, type Command } from "@stricli/core";
import type { ObjectVersion } from "@ssmd/storage";
import { auditArchive } from "../archive/audit_archive.ts";
import { confirmed } from "../confirm.ts";
import type { SsmdContext } from "../context.ts";
import { OUTPUT_FLAG } from "../flags.ts";
import { bytesText, countText } from "../format.ts";
import { docs, parseWhole, switchFlag } from "../registry/flags.ts";
import { type OutputFormat, render } from "../render.ts";
import { prunable } from "../storage/prune.ts";
import { VERSIONED_ENV_FLAG, withVersions } from "../storage/versioned.ts";

interface Flags {
  env: string;
  olderThan: number;
  keep: number;
  dryRun: boolean;
  output: OutputFormat;
}

const DAY_MS = 86_400_000;

/** `ssmd storage prune` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string?], SsmdContext>({
  docs: docs(
    "Delete old versions that nobody reads any more",
    "Never what reads give now. Of each object the newest older versions stay as --keep says; a " +
      "deletion goes when it is the last that is left of its object.",
    [
      "ssmd storage prune --env archive --older-than 30 --dry-run",
      "ssmd storage prune normalized/ --env archive --older-than 0 --keep 1 --yes",
    ],
  ),
  parameters: {
    flags: {
      env: VERSIONED_ENV_FLAG,
      olderThan: {
        kind: "parsed",
        parse: parseWhole,
        brief: "Days since the version was put",
        placeholder: "days",
      },
      keep: {
        kind: "parsed",
        parse: parseWhole,
        brief: "Older versions of each object that stay in any case",
        default: "0",
        placeholder: "count",
      },
      dryRun: switchFlag("Tell what would be deleted, and delete nothing"),
      output: OUTPUT_FLAG,
    },
    positional: {
      kind: "tuple",
      parameters: [{
        brief: "What keys begin with; none = all",
        parse: String,
        placeholder: "prefix",
        optional: true,
      }],
    },
  },
  func: runPrune,
});

async function runPrune(this: SsmdContext, flags: Flags, prefix = ""): Promise<void> {
  const { env, keep, olderThan, dryRun } = flags;
  const rule = { keep, beforeMs: Date.now() - olderThan * DAY_MS };
  const value = await withVersions(this, env, async (versions) => {
    const found = await Array.fromAsync(prunable(versions.list(prefix), rule));
    const bytes = found.reduce((sum, { size }) => sum + size, 0);
    const objects = new Set(found.map(({ key }) => key)).size;
    const told = { prefix, versions: found.length, objects, bytes };
    if (dryRun || found.length === 0) return { ...told, pruned: false };
    const what = `${countText(found.length, "version")} of ${countText(objects, "object")}`;
    const question = `Delete ${what}, ${bytesText(bytes)}? They cannot be got back.`;
    if (!confirmed(this, question)) return { ...told, pruned: false };
    await auditArchive(this, env, {
      action: "version prune",
      keep,
      olderThanDays: olderThan,
      ...told,
    });
    for (const version of deletionsLast(found)) await versions.remove(version);
    return { ...told, pruned: true };
  });
  const { bytes, ...row } = value;
  this.process.stdout.write(
    render({ value, rows: [{ ...row, size: bytesText(bytes) }] }, flags.output),
  );
}

/** A deletion that went before what it hides would bring that back for a moment, or for good. */
function deletionsLast(versions: readonly ObjectVersion[]): ObjectVersion[] {
  return [...versions].sort((a, b) => Number(a.isDeletion) - Number(b.isDeletion));
}
