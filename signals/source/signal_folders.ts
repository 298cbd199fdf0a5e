import { LIBRARY_DIR } from "./signal_catalog.ts";

/** Folders of signals. */
export interface SignalFolders {
  /**
   * The project's folder: `signals/` beside its registry, whether or not it exists; in this
   * repository the library, because `signals/` is the code of signals here.
   */
  own: string;
  /** The project's folder, then the shipped library. */
  all: readonly string[];
}

/** Returns the folders of the project with this registry; undefined when there is no registry. */
export function signalFolders(registryDir: string | undefined): SignalFolders {
  const project = registryDir?.replace(/\/?[^/]*\/?$/, "") ?? ".";
  const own = `${project === "" ? "." : project}/signals`;
  if (isThisRoom(own)) return { own: `${own}/library`, all: [LIBRARY_DIR] };
  return { own, all: [own, LIBRARY_DIR] };
}

function isThisRoom(folder: string): boolean {
  try {
    return Deno.realPathSync(`${folder}/library`) === Deno.realPathSync(LIBRARY_DIR);
  } catch {
    return false;
  }
}
