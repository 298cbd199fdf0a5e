import { LIBRARY_DIR } from "./signal_catalog.ts";

/** Folders of signals. */
export interface SignalFolders {
  /** The project's folder: `signals/` beside its registry, whether or not it exists. */
  own: string;
  /** The project's folder, then the shipped library. */
  all: readonly string[];
}

/** Returns the folders of the project with this registry; undefined when there is no registry. */
export function signalFolders(registryDir: string | undefined): SignalFolders {
  const project = registryDir?.replace(/\/?[^/]*\/?$/, "") ?? ".";
  const own = `${project === "" ? "." : project}/signals`;
  // In this repository, that folder is the code of signals/, not a project's signals.
  return { own, all: isThisRoom(own) ? [LIBRARY_DIR] : [own, LIBRARY_DIR] };
}

function isThisRoom(folder: string): boolean {
  try {
    return Deno.realPathSync(`${folder}/library`) === Deno.realPathSync(LIBRARY_DIR);
  } catch {
    return false;
  }
}
