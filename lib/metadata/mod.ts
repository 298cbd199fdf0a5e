/** The registry: feed and environment files, loaded and checked, and the keys they refer to. @module */
export * from "./environment.ts";
export * from "./feed.ts";
export * from "./finding.ts";
export * from "./check.ts";
export * from "./registry.ts";
export * from "./keys.ts";
export * from "./key_source.ts";
export * from "./key_shape.ts";
export * from "./key_age.ts";
export * from "./key_access.ts";
export * from "./sealed_secret.ts";
export * from "./deployment.ts";
export * from "./deployed_storage.ts";
