/** Reads our part of the Cap'n Proto schema language and places the fields. @module */
export * from "./schema.ts";
export * from "./schema_error.ts";
export * from "./parser.ts";
export * from "./layout.ts";
export * from "./compat.ts";
