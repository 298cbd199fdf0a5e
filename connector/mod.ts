/** Captures a venue's feed into raw files and records on the bus, without loss. @module */
export { releaseAbandonedShard } from "./abandoned_shard.ts";
export { followFeed } from "./follow_symbols.ts";
export {
  assertNothingGivenUp,
  type Connector,
  type ConnectorOptions,
  type ConnectorStats,
} from "./connector.ts";
export { readClock } from "./clock_quality.ts";
export { ShardOwners } from "./shard_owners.ts";
export { createConnector } from "./feed_connector.ts";
export { EnrichedOutput } from "./enriched_output.ts";
export { Pipeline, type PipelineOutput } from "./pipeline.ts";
export { assertUsableSpool } from "./spool_lock.ts";
export { Spool } from "./spool.ts";
export { BusInstruments, type InstrumentStore } from "./discovery/bus_instruments.ts";
export { askVenueRest } from "./discovery/venue_rest.ts";
export { syncCatalogue, withBusInstruments } from "./discovery/catalogue_sync.ts";
