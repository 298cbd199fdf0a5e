import { registryFileIdOf } from "@ssmd/metadata";

/** Files written by key commands: rotation dates, and sealed secrets that only a cluster can decrypt. */
const OF_KEYS = /^(rotation\/[^/]+|sealed\/[^/]+\/[^/]+)\.yaml$/;
/** Client output formats stored by `ssmd transform add`. */
const OF_TRANSFORMS = /^transforms\/[a-z][a-z0-9_-]*\.(ts|lua)$/;
/** Files that `ssmd init` adds. */
const OF_INIT = /^([^/]+\.schema\.json|[a-z]+\/\.gitkeep)$/;

/** Returns true for registry files about feeds, environments or their keys; `path` is relative to the folder. */
export function isRegistryText(path: string): boolean {
  const isValidName = registryFileIdOf(path) !== undefined && path.split("/").length === 2;
  return isValidName || OF_KEYS.test(path);
}

/** Returns true for any file of the registry; other code in the folder is not. */
export function isRegistryFile(path: string): boolean {
  return isRegistryText(path) || OF_TRANSFORMS.test(path) || OF_INIT.test(path);
}
