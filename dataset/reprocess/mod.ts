/** Reprocessing: records rebuilt from raw. @module */
export { copyRaw } from "./copy_raw.ts";
export { type Job, loadJob, parseJobKey } from "./job.ts";
export { rawManifests } from "./raw_connections.ts";
export {
  planReprocess,
  reprocess,
  type ReprocessedDay,
  type ReprocessOptions,
} from "./reprocess.ts";
export { type SpanTranslation, translateSpan } from "./translate_span.ts";
