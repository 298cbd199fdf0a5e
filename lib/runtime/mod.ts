/** What every room stands on: errors, log, metrics, clock, retry, limits. Imports nothing of ours. @module */
export * from "./errors.ts";
export * from "./log.ts";
export * from "./metrics.ts";
export * from "./clock.ts";
export * from "./retry.ts";
export * from "./limits.ts";
export * from "./loopback.ts";
export * from "./duration.ts";
export * from "./suggest.ts";
export * from "./health.ts";
export * from "./scrape.ts";
export * from "./last_handler.ts";
export * from "./descriptors.ts";
export * from "./signals.ts";
export * from "./refusal.ts";
export * from "./service.ts";
export * from "./build.ts";
