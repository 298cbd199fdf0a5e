/** Kraken spot, WebSocket v2, public channels. @module */
export { kraken } from "./venue.ts";
export { checksumOf } from "./checksum.ts";
export { ExactBook } from "./exact_book.ts";
