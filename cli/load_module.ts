/**
 * A module of the command line, by its path from this folder. Deno reads the modules of every
 * literal path before the first line runs, called or not: the whole product, for each help.
 * `deploy/compile.ts` names what is loaded so.
 */
export function loadModule<T>(path: string): Promise<T> {
  // deno-lint-ignore ssmd/layers -- modules of this folder, whose types callers name
  return import(path);
}
