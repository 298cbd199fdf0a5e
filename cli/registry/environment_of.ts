import { type Environment, ENVIRONMENT_FILE } from "@ssmd/metadata/environment";
import type { Registry } from "./registry.ts";

/**
 * Valid environment of a registry. Throws like {@linkcode Registry.feed}. Not a method, because the
 * shape of an environment takes longer to load than those of all other files.
 */
export function environmentOf(registry: Registry, name: string): Environment {
  return registry.valid("environment", ENVIRONMENT_FILE, name);
}
