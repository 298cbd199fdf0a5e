import { z } from "zod";
import type { ObjectVersion, ObjectVersions } from "@ssmd/storage";
import { defineCommand } from "../command/define.ts";
import { on, whole } from "../command/flag.ts";
import { rowsOf } from "../command/table.ts";
import { notice } from "../context.ts";
import { bytesText, countText, isoOfMs } from "../format.ts";
import {
  KEY_PREFIX,
  VERSION_STATE,
  VERSIONED_ENVIRONMENT,
  versionState,
  withVersions,
} from "../storage/versioned.ts";

const VERSION = z.object({
  key: z.string(),
  version: z.string(),
  size: z.int().describe("Bytes"),
  modified_at: z.string().describe("Time when it was put, ISO 8601"),
  state: VERSION_STATE,
});

export default defineCommand({
  name: "storage versions",
  brief: "List the versions of objects in buckets",
  description:
    "Sorted by key, newest first. State: current (what reads return), older, deletion (the " +
    "object was deleted then; it is the current state unless something was put since).",
  examples: [
    "ssmd storage versions --env archive",
    "ssmd storage versions normalized/archive/kraken/v1/2026/08/01/manifest.json --env archive",
    "ssmd storage versions --env archive --deleted --output json",
  ],
  flags: {
    env: VERSIONED_ENVIRONMENT,
    deleted: on("Only objects that are deleted now"),
    limit: whole("Maximum number of versions", { default: "1000", placeholder: "count" }),
  },
  args: [KEY_PREFIX],
  output: z.array(VERSION),
  table: (versions) =>
    rowsOf("version")(versions.map((version) => ({ ...version, size: bytesText(version.size) }))),
  async run({ flags: { env, deleted, limit }, args: [prefix = ""], context }) {
    const { found, isCut } = await withVersions(
      context,
      env,
      (versions) => findVersions(versions, { prefix, deleted, limit }),
    );
    if (isCut) {
      notice(context, `These are the first ${countText(found.length, "version")}: see --limit.`);
    }
    return found.map((each) => ({
      ...{ key: each.key, version: each.version, size: each.size },
      modified_at: isoOfMs(each.modifiedAtMs),
      state: versionState(each),
    }));
  },
});

async function findVersions(
  versions: ObjectVersions,
  { prefix, deleted, limit }: { prefix: string; deleted: boolean; limit: number },
): Promise<{ found: ObjectVersion[]; isCut: boolean }> {
  const found: ObjectVersion[] = [];
  let deletedKey: string | undefined;
  for await (const version of versions.list(prefix)) {
    if (version.isLatest) deletedKey = version.isDeletion ? version.key : undefined;
    if (deleted && version.key !== deletedKey) continue;
    if (found.length >= limit) return { found, isCut: true };
    found.push(version);
  }
  return { found, isCut: false };
}
