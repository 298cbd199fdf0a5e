/** From a venue's socket to raw files and records on the bus, with nothing lost between. @module */
export { followFeed } from "./follow_symbols.ts";
export {
  assertNothingGivenUp,
  type Connector,
  type ConnectorOptions,
  type ConnectorStats,
} from "./connector.ts";
export { createConnector } from "./feed_connector.ts";
export {
  type PendingLine,
  Pipeline,
  type PipelineOptions,
  type PipelineOutput,
} from "./pipeline.ts";
export { assertUsableSpool } from "./spool_lock.ts";
export { Spool, type SpoolOptions } from "./spool.ts";
export type { RecordingPlay, RecordingSource } from "./recording_player.ts";
