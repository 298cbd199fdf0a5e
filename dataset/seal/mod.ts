/** Days that are over, merged into one file a type. @module */
export { sealDay } from "./seal_day.ts";
export { isOneDay, sealableDays, sealDays, type SealOutcome } from "./seal_days.ts";
export { type SealProgress } from "./seal_options.ts";
