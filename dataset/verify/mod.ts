/** Verification of archived files against manifests and raw frames. @module */
export { type DayReport, type Report } from "./report.ts";
export { verifyArchive } from "./verify.ts";
export { verifyDay } from "./verify_day.ts";
