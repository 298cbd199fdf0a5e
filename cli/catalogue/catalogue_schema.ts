import { z } from "zod";
import { COMPLETES, PARAMETER_TYPES } from "../command/flag.ts";

/** A flag or an argument. */
export const PARAMETER = z.object({
  name: z.string().describe("Name as typed, without dashes"),
  brief: z.string(),
  type: z.enum(PARAMETER_TYPES),
  values: z.array(z.string()).exactOptional().describe("All allowed values; absent = any"),
  default: z.union([z.string(), z.boolean()]).exactOptional(),
  required: z.boolean(),
  repeated: z.boolean().describe("May be repeated"),
  placeholder: z.string().exactOptional(),
  alias: z.string().regex(/^[A-Za-z]$/).exactOptional(),
  negatable: z.boolean().exactOptional().describe("Also has the form --no-…"),
  completes: z.enum(COMPLETES).exactOptional().describe("What a shell completes the value with"),
});

/** A command. */
export const COMMAND = z.object({
  name: z.string(),
  brief: z.string(),
  description: z.string(),
  usage: z.string(),
  examples: z.array(z.string()).describe("Lines for a shell"),
  flags: z.array(PARAMETER),
  arguments: z.array(PARAMETER),
  asks: z.array(z.string()).exactOptional().describe("Endpoints it calls at a running gateway"),
  output: z.object({
    formats: z.array(z.string()),
    schema: z.record(z.string(), z.unknown()).exactOptional()
      .describe("JSON Schema of what --output json prints"),
  }).exactOptional(),
});

/** Schema of the catalogue. */
export const CATALOGUE = z.object({
  name: z.literal("ssmd"),
  brief: z.string(),
  exit_codes: z.record(z.string(), z.string()),
  global_flags: z.array(PARAMETER).describe("Flags of every command"),
  groups: z.array(z.object({ name: z.string(), brief: z.string() }))
    .describe("Words that group several commands"),
  commands: z.array(COMMAND),
});
