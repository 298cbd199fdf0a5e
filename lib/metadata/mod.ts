/** The registry: feed and environment files, loaded and checked, and the keys they refer to. @module */
export * from "./environment.ts";
export * from "./feed.ts";
export * from "./schema.ts";
export { schemaHash, type SchemaTextCheck, type SchemaTextProblem } from "./schema_references.ts";
export * from "./place.ts";
export * from "./finding.ts";
export * from "./changes.ts";
export * from "./text_diff.ts";
export * from "./edit.ts";
export * from "./json_schema.ts";
export * from "./check.ts";
export { YamlSource } from "./document.ts";
export * from "./registry.ts";
export * from "./keys.ts";
export * from "./deployment.ts";
