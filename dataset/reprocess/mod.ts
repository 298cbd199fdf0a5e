/** Records made again from raw. @module */
export { type Job, loadJob, parseJobKey } from "./job.ts";
export {
  planReprocess,
  reprocess,
  type ReprocessedDay,
  type ReprocessOptions,
} from "./reprocess.ts";
export { translateSpan } from "./translate_span.ts";
