/** Values derived from records: expressions, and the chain of enrichers of a market. @module */
export { type EnrichChain, enrichChain, enricherProblems, type EnricherSpec } from "./chain.ts";
export { EnrichedMarket, type ReferenceSpan } from "./enriched_market.ts";
export {
  type EnrichedJson,
  enrichedJson,
  type EnrichedRow,
  RowBytes,
  valueOf,
} from "./enriched_row.ts";
