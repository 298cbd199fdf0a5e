/** The message bus: port and drivers. @module */
export * from "./transport.ts";
export { memoryTransport, type MemoryTransportOptions } from "./memory.ts";
