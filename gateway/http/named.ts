import { z } from "zod";

/** Name of a schema in the description. */
interface Naming extends Record<string, unknown> {
  id: string;
  description: string;
}

/** All schemas with a name of their own in the OpenAPI description. */
export const NAMED: z.core.$ZodRegistry<Naming, z.ZodType> = z.registry<Naming, z.ZodType>();

/** Gives a schema its name and description in OpenAPI. */
export function named<S extends z.ZodType>(id: string, description: string, schema: S): S {
  NAMED.add(schema, { id, description });
  return schema;
}
