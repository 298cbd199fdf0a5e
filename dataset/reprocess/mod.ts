/** Records made again from raw. @module */
export { type Job, loadJob, parseJobKey } from "./job.ts";
export { rawManifests } from "./raw_connections.ts";
export {
  planReprocess,
  reprocess,
  type ReprocessedDay,
  type ReprocessOptions,
} from "./reprocess.ts";
export { type SpanTranslation, translateSpan } from "./translate_span.ts";
