import { text } from "../command/flag.ts";
import { type Accounts, type ApiKey, ClientError, isLive } from "@ssmd/gateway/access";

/**
 * Resolves a key id, or the name of a client with exactly one live key. Throws ClientError; the
 * input may be a whole key and is not repeated.
 */
export function keyIdOf({ keys, clients }: Accounts, named: string): string {
  if (keys.some(({ id }) => id === named)) return named;
  if (!clients.some(({ id }) => id === named)) return named;
  const live = keys.filter((key) => key.client === named && isUsed(key));
  const [only, ...others] = live;
  if (only !== undefined && others.length === 0) return only.id;
  throw new ClientError(
    "API_KEY_AMBIGUOUS",
    only === undefined
      ? `Client ${named} has no live key`
      : `Client ${named} has ${live.length} live keys: ${live.map(({ id }) => id).join(", ")}`,
    {
      hint: only === undefined
        ? `Make one: ssmd client api-key create ${named}`
        : "Name the key by its id",
    },
  );
}

/** Excludes rotated keys in favour of their replacements. */
function isUsed(key: ApiKey): boolean {
  return isLive(key, Date.now()) && key.replacedBy === null;
}

/** Argument that names a key. */
export const KEY = text("Id of the key, or a client that has one live key", {
  placeholder: "key-id|client",
  required: true,
});
