/** Kalshi's event contracts. @module */
export { kalshi } from "./venue.ts";
