/** Parses the used subset of the Cap'n Proto schema language and lays out fields. @module */
export { type EnumDeclaration, type FieldType, type Schema } from "./schema.ts";
export { SchemaError } from "./schema_error.ts";
export { parseSchema } from "./parser.ts";
export { type FieldLayout, layoutOf, type StructLayout } from "./layout.ts";
export { compareSchemas, type SchemaChange, worstEffect } from "./compat.ts";
