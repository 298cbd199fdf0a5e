/** Signals: engine, host processes and their supervisor, and loading of signal sources. @module */
export type { Param } from "./engine/signal.ts";
export {
  backtest,
  type BacktestQuery,
  type BacktestResult,
  type BacktestStep,
  firesDigest,
} from "./backtest/backtest.ts";
export { BusHistory } from "./backtest/bus_records.ts";
export { archivedRecords, mergedRecords, type RecordSource } from "./backtest/merged_records.ts";
export { type CheckResult, checkSignal, checkSource } from "./check/check_signal.ts";
export { loadedInfo } from "./check/dynamic_checks.ts";
export type { Finding } from "./check/static_findings.ts";
export { canonicalJson } from "./engine/canonical_json.ts";
export { compareFires } from "./engine/fire_id.ts";
export { type LoadedSignal, loadedSignal } from "./engine/loaded_signal.ts";
export { StreamEngine } from "./engine/stream_engine.ts";
export { BatchWriter } from "./host/frames.ts";
export type { HostedSignal, SignalInfo } from "./host/load_signal.ts";
export { linkSignal } from "./source/link_signal.ts";
export {
  findSignal,
  hostedSignalOf,
  isSignalId,
  LIBRARY_DIR,
  listSignals,
  type SignalFile,
} from "./source/signal_catalog.ts";
export { OneAhead } from "./supervisor/one_ahead.ts";
export { Supervisor } from "./supervisor/supervisor.ts";
export { readSignals } from "./live/read_signals.ts";
export { type SignalFolders, signalFolders } from "./source/signal_folders.ts";
export { SignalService } from "./live/signal_service.ts";
export type { SignalServiceOptions } from "./live/service_options.ts";
