/** Kraken spot, WebSocket v2, public channels. @module */
export { kraken } from "./venue.ts";
export { BookChecksum } from "./checksum.ts";
export { ExactBook } from "./exact_book.ts";
