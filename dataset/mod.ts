/** Work on what is archived: records made again from raw. @module */
export * from "./reprocess/reprocess.ts";
export {
  type Job,
  type JobDay,
  type JobProgress,
  loadJob,
  parseJobKey,
  type Recipe,
  type VersionPlace,
} from "./reprocess/job.ts";
export { type RawSpan, type SpanTranslation, translateSpan } from "./reprocess/translate_span.ts";
