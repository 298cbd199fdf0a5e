/** A venue's own protocol over a real WebSocket, from a market model or from captures. @module */
export {
  SIMULATED_VENUES,
  type SimulatedVenueId,
  type Simulator,
  type SimulatorOptions,
} from "./options.ts";
export { startSimulator } from "./simulator.ts";
export {
  type Fault,
  FAULT_TYPES,
  type FrameKind,
  GARBAGE,
  type Garbage,
  type ScheduledFault,
} from "./faults.ts";
export { parseScheduledFault } from "./fault_schedule.ts";
export { type DemoKey, demoKey, KALSHI_PATH } from "./kalshi/auth.ts";
export type { KrakenSymbolOptions } from "./kraken/symbols.ts";
export {
  type KalshiSymbolOptions,
  PRICE_STRUCTURES,
  type PriceStructure,
} from "./kalshi/symbols.ts";
export type { CaptureSummary } from "./capture_summary.ts";
export { inspectCapture } from "./capture_inspect.ts";
export { type RecordedConnection, type RecordedLine, Recording } from "./recording.ts";
export { answerRest, type RestCatalogue } from "./kalshi/rest.ts";
