/** Object storage: port and drivers. @module */
export * from "./storage.ts";
