/** Records ⇄ Cap'n Proto bytes, generated from the registered schemas, and their JSON view. @module */
export * from "./encoder.ts";
export { CanonicalMessages } from "./canonical.ts";
export * from "./decoder.ts";
export * from "./framing.ts";
export * from "./json_view.ts";
export { jsonPrefix, levelsJson, msOfUs, recordJson } from "./record_json.ts";
export * from "./record_key.ts";
export * from "./record_schema.ts";
export * from "./schema/mod.ts";
export { SCHEMAS } from "./generated/schemas.ts";
export * from "./watermark.ts";
