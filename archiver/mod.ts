/** The archiver: records from the bus into files, each exactly once. @module */
export { createArchiver } from "./archiver.ts";
export type { Archiver, ArchiverOptions, ArchiverStats } from "./archiver_options.ts";
export { sealDay, type SealedDayReport, type SealedType, type SealState } from "./seal/seal_day.ts";
export { inputOf, runQa, type RunQaOptions } from "./qa/run_qa.ts";
export { nameOf } from "./qa/qa.ts";
export { loadQaReport, type QaCheckResult, type QaPlace, type QaReport } from "./qa/report.ts";
export type { Offender } from "./qa/offenders.ts";
export type { SealDayOptions, SealProgress } from "./seal/seal_options.ts";
export {
  type OldDay,
  oldDayText,
  planRetention,
  type Retention,
  type RetentionOptions,
  type RetentionState,
} from "./retention/plan_retention.ts";
export { type ApplyOptions, expireDay } from "./retention/apply_retention.ts";
