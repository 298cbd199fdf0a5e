import { z } from "zod";
import type { Command } from "../command/define.ts";

/** A JSON Schema as plain JSON. */
export type JsonSchema = Record<string, unknown>;

/** JSON Schemas of what commands print with `--output json`, by the command's name. */
export type OutputSchemas = Readonly<Record<string, JsonSchema>>;

/** JSON Schema of a command's output; undefined = it prints no data. */
export function outputSchemaOf({ name, output, prints }: Command): JsonSchema | undefined {
  const schema = output ?? prints;
  if (schema === undefined) return undefined;
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: "input", override: closeObject });
  return { $schema, title: `ssmd ${name} --output json`, ...rest };
}

/** Forbids additional properties unless the schema is loose. */
function closeObject(
  { zodSchema, jsonSchema }: {
    zodSchema: z.core.$ZodTypes;
    jsonSchema: z.core.JSONSchema.BaseSchema;
  },
): void {
  const { def } = zodSchema._zod;
  if (def.type === "object" && def.catchall === undefined) jsonSchema.additionalProperties = false;
}
