/** Kalshi's event contracts. @module */
export * from "./venue.ts";
export { verifySignature } from "./auth.ts";
