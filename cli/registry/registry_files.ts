import { registryFileIdOf } from "@ssmd/metadata";

/** What commands write for people: when keys were rotated, and secrets that only a cluster opens. */
const OF_KEYS = /^(rotation\/[^/]+|sealed\/[^/]+\/[^/]+)\.yaml$/;
/** Customers' formats, which `ssmd transform add` stores. */
const OF_TRANSFORMS = /^transforms\/[a-z][a-z0-9_-]*\.(ts|lua)$/;
/** What `ssmd init` makes beside them. */
const OF_INIT = /^([^/]+\.schema\.json|[a-z]+\/\.gitkeep)$/;

/** Whether a path inside the registry folder says something about feeds, environments or their keys. */
export function isRegistryText(path: string): boolean {
  const isValidName = registryFileIdOf(path) !== undefined && path.split("/").length === 2;
  return isValidName || OF_KEYS.test(path);
}

/** Whether a path inside the registry folder is of the registry: other code beside it is not. */
export function isRegistryFile(path: string): boolean {
  return isRegistryText(path) || OF_TRANSFORMS.test(path) || OF_INIT.test(path);
}
