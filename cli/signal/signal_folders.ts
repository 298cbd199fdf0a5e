import { LIBRARY_DIR } from "@ssmd/signals";
import { registryDirOf } from "../registry_dir.ts";
import type { Globals } from "../context.ts";

/** Where a project's signals lie, and where those are that may be meant. */
export interface SignalFolders {
  /** The project's own: `signals/` beside its registry; the working folder's where there is none. */
  own: string;
  /** Its own, then those that come with ssmd. */
  all: readonly string[];
}

/** The folders of a command. */
export async function signalFolders(globals: Globals): Promise<SignalFolders> {
  const registryDir = await registryDirOf(globals).catch(() => undefined);
  const project = registryDir?.replace(/\/?exchanges\/?$/, "") ?? ".";
  const own = `${project === "" ? "." : project}/signals`;
  return { own, all: [own, LIBRARY_DIR] };
}
