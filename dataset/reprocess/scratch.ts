import { messageOf, SsmdError, systemCodeOf } from "@ssmd/runtime";
import { sha256Of } from "@ssmd/archive";
import type { VersionId } from "./job.ts";

/** A local folder locked for one reprocess. */
interface Scratch {
  /** The folder, initially empty. */
  path: string;
  /** Removes and unlocks it. */
  release(): Promise<void>;
}

/**
 * Opens a version's scratch folder. All runs on this machine use the same one, locked (flock) until
 * the process ends, so two runs never write one version, and the next run removes leftovers of a
 * killed one. Throws SsmdError `REPROCESS_RUNNING`, or `SCRATCH_FAILED` when it cannot be created.
 */
export async function openScratch(
  parent: string,
  location: string,
  { env, feed, version }: VersionId,
): Promise<Scratch> {
  const name = sha256Of(new TextEncoder().encode(`${location} ${env} ${feed} ${version}`));
  const path = `${parent}/ssmd-reprocess-${name.slice(0, 16)}`;
  const lock = await locked(path, version);
  for await (const entry of Deno.readDir(path)) {
    if (entry.name !== "lock") await Deno.remove(`${path}/${entry.name}`, { recursive: true });
  }
  return {
    path,
    release: async () => {
      await Deno.remove(path, { recursive: true });
      lock.close();
    },
  };
}

async function locked(path: string, version: string): Promise<Deno.FsFile> {
  let file: Deno.FsFile;
  try {
    await Deno.mkdir(path, { recursive: true });
    file = await Deno.open(`${path}/lock`, { create: true, write: true });
  } catch (error) {
    if (systemCodeOf(error) === "") throw error;
    throw new SsmdError(
      "SCRATCH_FAILED",
      `The folder ${path} cannot be used: ${messageOf(error)}`,
      {
        hint: "Make it writable, or name another one with --temp of reprocess run",
        cause: error,
      },
    );
  }
  if (await file.tryLock(true)) {
    if (await isStillThere(file, path)) return file;
    file.close();
    return await locked(path, version);
  }
  file.close();
  throw new SsmdError("REPROCESS_RUNNING", `Another process is making version ${version} now`, {
    hint: "Wait until it has ended: ssmd reprocess status shows how far it is",
  });
}

/** Returns whether the lock file still has its path: its previous holder may have removed it. */
async function isStillThere(file: Deno.FsFile, path: string): Promise<boolean> {
  const there = await Deno.stat(`${path}/lock`).catch(() => undefined);
  return there !== undefined && there.ino === (await file.stat()).ino;
}
