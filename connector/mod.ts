/** From a venue's socket to raw files and records on the bus, with nothing lost between. @module */
export * from "./connector.ts";
