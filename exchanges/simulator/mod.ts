/** Simulates a venue's protocol over a real WebSocket, from a market model or captures. @module */
export {
  type SeriesRollOptions,
  SIMULATED_VENUES,
  type SimulatedVenueId,
  type Simulator,
  type SimulatorOptions,
  type TradingOptions,
} from "./options.ts";
export { startSimulator } from "./simulator.ts";
export { type Fault, GARBAGE } from "./faults.ts";
export { parseScheduledFault } from "./fault_schedule.ts";
export { demoKey } from "./kalshi/auth.ts";
export { KRAKEN_DEMO_KEY } from "./kraken/private_rest.ts";
export type { CaptureSummary } from "./capture_summary.ts";
export { inspectCapture } from "./capture_inspect.ts";
export { Recording } from "./recording.ts";
