/** The message bus: port and drivers. @module */
export * from "./transport.ts";
