import { type SignalFolders, signalFolders } from "@ssmd/signals";
import { registryDirOf } from "../registry_dir.ts";
import type { Globals } from "../context.ts";

/** The folders of a command's signals; the working folder's where there is no registry. */
export async function foldersOfSignals(globals: Globals): Promise<SignalFolders> {
  return signalFolders(await registryDirOf(globals).catch(() => undefined));
}
