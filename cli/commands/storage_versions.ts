import { buildCommand, type Command } from "@stricli/core";
import type { ObjectVersion } from "@ssmd/storage";
import { notice, type SsmdContext } from "../context.ts";
import { OUTPUT_FLAG } from "../flags.ts";
import { bytesText, countText, isoOfMs } from "../format.ts";
import { docs, parseWhole, switchFlag } from "../registry/flags.ts";
import { type OutputFormat, render } from "../render.ts";
import { VERSIONED_ENV_FLAG, withVersions } from "../storage/versioned.ts";

interface Flags {
  env: string;
  deleted: boolean;
  limit: number;
  output: OutputFormat;
}

const LIMIT_DEFAULT = "1000";

/** `ssmd storage versions` */
export const command: Command<SsmdContext> = buildCommand<Flags, [string?], SsmdContext>({
  docs: docs(
    "List the versions that buckets keep of objects",
    "By key, the newest first. State: current (what reads give), older, deletion (the object was " +
      "deleted then; it is current where nothing was put since).",
    [
      "ssmd storage versions --env archive",
      "ssmd storage versions normalized/archive/kraken/v1/2026/08/01/manifest.json --env archive",
      "ssmd storage versions --env archive --deleted --output json",
    ],
  ),
  parameters: {
    flags: {
      env: VERSIONED_ENV_FLAG,
      deleted: switchFlag("Only objects that are deleted now"),
      limit: {
        kind: "parsed",
        parse: parseWhole,
        brief: "Versions at most",
        default: LIMIT_DEFAULT,
        placeholder: "count",
      },
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
  func: runVersions,
});

/** How a version stands, in a word. */
export function stateOf({ isLatest, isDeletion }: ObjectVersion): string {
  if (isDeletion) return isLatest ? "current deletion" : "deletion";
  return isLatest ? "current" : "older";
}

async function runVersions(this: SsmdContext, flags: Flags, prefix = ""): Promise<void> {
  const { found, isCut } = await withVersions(this, flags.env, async (versions) => {
    const found: ObjectVersion[] = [];
    let goneKey: string | undefined;
    for await (const version of versions.list(prefix)) {
      if (version.isLatest) goneKey = version.isDeletion ? version.key : undefined;
      if (flags.deleted && version.key !== goneKey) continue;
      if (found.length >= flags.limit) return { found, isCut: true };
      found.push(version);
    }
    return { found, isCut: false };
  });
  const value = found.map(({ key, version, size, modifiedAtMs, ...rest }) => ({
    ...{ key, version, size, modifiedAt: isoOfMs(modifiedAtMs) },
    state: stateOf({ key, version, size, modifiedAtMs, ...rest }),
  }));
  const rows = value.map(({ size, ...row }) => ({ ...row, size: bytesText(size) }));
  this.process.stdout.write(render({ value, rows, counted: "version" }, flags.output));
  if (isCut) {
    notice(this, `These are the first ${countText(found.length, "version")}: see --limit.`);
  }
}
