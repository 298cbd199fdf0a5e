/** Polymarket, market channel of its order books. @module */
export { polymarket } from "./venue.ts";
