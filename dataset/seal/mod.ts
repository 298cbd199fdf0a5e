/** Sealing: merges a finished day into one file per type. @module */
export { sealDay } from "./seal_day.ts";
export { isOneDay, sealableDays, sealDays, type SealOutcome } from "./seal_days.ts";
export { type SealProgress } from "./seal_options.ts";
