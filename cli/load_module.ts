/**
 * Imports a module by its alias, or its path from this folder. Deno loads every literal import path at startup,
 * which would be the whole product for each `--help`. `deploy/compile.ts` lists the modules loaded
 * this way.
 */
export function loadModule<T>(path: string): Promise<T> {
  // deno-lint-ignore ssmd/layers -- modules of this folder, whose types callers name
  return import(path);
}
