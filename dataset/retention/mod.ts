/** Removal of days by age. @module */
export { expireDay } from "./apply_retention.ts";
export { type OldDay, planRetention } from "./plan_retention.ts";
