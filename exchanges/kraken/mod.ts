/** Kraken spot, WebSocket v2, public channels. @module */
export * from "./venue.ts";
export { checksumOf } from "./checksum.ts";
