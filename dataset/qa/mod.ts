/** Quality checks of archived days. @module */
export { loadQaReport, type QaReport } from "./report.ts";
export { inputOf, runQa } from "./run_qa.ts";
export { versionDays } from "./version_days.ts";
