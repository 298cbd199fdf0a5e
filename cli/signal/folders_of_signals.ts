import { type SignalFolders, signalFolders } from "@ssmd/signals";
import { registryDirOf } from "../registry_dir.ts";
import type { Globals } from "../context.ts";

/** Signal folders of a command; those of the working directory without a registry. */
export async function foldersOfSignals(globals: Globals): Promise<SignalFolders> {
  return signalFolders(await registryDirOf(globals).catch(() => undefined));
}
