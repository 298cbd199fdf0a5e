import { type CredentialsReader, KEY_SOURCES } from "./credentials_reader.ts";
import type { Environment } from "./environment.ts";
import { keysOfReferences, resolveKeys } from "./keys.ts";

/** Returns a reader of the job server's credentials; undefined = none configured. */
export function schedulerCredentials(environment: Environment): CredentialsReader | undefined {
  const { scheduler } = environment;
  const references = scheduler?.type === "temporal" ? scheduler.credentials : undefined;
  if (references === undefined) return undefined;
  const keys = keysOfReferences(environment, Object.values(references));
  return async () => (await resolveKeys({ ...environment, keys }, KEY_SOURCES)).values(references);
}
