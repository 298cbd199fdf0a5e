/** Cache of values that may be lost: port and drivers. @module */
export type { Cache } from "./cache.ts";
export { memoryCache } from "./memory.ts";
export { openCache, openServiceCache } from "./open.ts";
