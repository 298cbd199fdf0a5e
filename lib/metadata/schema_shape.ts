import { z } from "zod";
import { type RegisteredSchema, SCHEMA_STATUSES } from "./schema.ts";
import { day, fields, nameText, text } from "./shape.ts";

const version = fields({
  version: text(/^v[1-9]\d{0,3}$/, 'a version, like "v1"'),
  from: day,
  file: text(/^[A-Za-z0-9][\w.-]*\.capnp$/, "a .capnp file of the same folder"),
  sha256: text(/^[0-9a-f]{64}$/, "a SHA-256, 64 hex digits in lower case"),
  status: z.enum(SCHEMA_STATUSES),
  notes: z.string().exactOptional(),
});

/** Shape of a schema file. */
export const schemaShape: z.ZodType<RegisteredSchema> = fields({
  name: nameText,
  struct: text(/^[A-Z][A-Za-z0-9]*$/, "the name of a struct, like Trade"),
  versions: z.array(version).min(1),
});
