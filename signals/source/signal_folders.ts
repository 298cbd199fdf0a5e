import { LIBRARY_DIR } from "./signal_catalog.ts";

/** Where a project's signals lie, and where those are that may be meant. */
export interface SignalFolders {
  /** The project's own: `signals/` beside its registry folder, whether it is there or not. */
  own: string;
  /** Its own, then those that come with ssmd. */
  all: readonly string[];
}

/** Of the project whose registry lies in `registryDir`; undefined = there is no registry. */
export function signalFolders(registryDir: string | undefined): SignalFolders {
  const project = registryDir?.replace(/\/?[^/]*\/?$/, "") ?? ".";
  const own = `${project === "" ? "." : project}/signals`;
  // In the repository itself that folder holds this room, not signals of a project.
  return { own, all: isThisRoom(own) ? [LIBRARY_DIR] : [own, LIBRARY_DIR] };
}

function isThisRoom(folder: string): boolean {
  try {
    return Deno.realPathSync(`${folder}/library`) === Deno.realPathSync(LIBRARY_DIR);
  } catch {
    return false;
  }
}
