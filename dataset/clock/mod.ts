/** Clocks of archived days. @module */
export { clockSkew } from "./clock_skew.ts";
