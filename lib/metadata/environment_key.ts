import { z } from "zod";
import { fields, text } from "./shape.ts";

/** A reference to a field of a key; never a value. */
export const KEY_REFERENCE = text(
  /^\$key:[\w-]+\.[\w-]+$/,
  "a reference $key:name.field; values of secrets never stand in files",
);

/** Credential field → reference to a field of a key. */
export const CREDENTIALS = z.record(z.string(), KEY_REFERENCE);

const KEY_SOURCE = text(
  /^(env|file:.+|mount:.+|sealed-secret\/[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)$/,
  '"env" (variables SSMD_KEY_<NAME>_<FIELD>), "file:<path>", "mount:<dir>" or "sealed-secret/<name>"',
);

/** A key of an environment: a required secret. */
const KEY = fields({
  type: z.enum(["api_key", "transport", "storage", "database", "tls", "webhook"])
    .describe("Purpose; values of a tls key must be PEM"),
  fields: z.array(text(/^[a-z][a-z0-9_]*$/, "a name of lower-case letters, digits and _")).min(1)
    .describe("Names of its fields, like key_id and private_key"),
  required: z.boolean().default(true)
    .describe("Whether components refuse to start without it"),
  source: KEY_SOURCE.describe(
    "Source of the values: env = variables SSMD_KEY_<NAME>_<FIELD>; file:<path> = a YAML or " +
      "JSON file; mount:<dir> = a folder with one file per field, as Kubernetes mounts a " +
      "secret; sealed-secret/<name> = a SealedSecret in git, whose secret the cluster mounts",
  ),
  rotation_days: z.int().min(1).max(3650).exactOptional()
    .describe("Days after which it must be rotated; absent = no limit"),
});

/** Keys by name. */
export const KEYS = z.record(text(/^[a-z][a-z0-9_-]*$/, "a key's name: a-z 0-9 _ -"), KEY);

/** A required secret and its source. */
export type KeySpec = z.output<typeof KEY>;
