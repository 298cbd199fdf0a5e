/** Signals: the engine, hosts and their supervisor, and how a source becomes a hosted signal. @module */
export { isSignal, overriddenParams, type Params, type SignalDefinition } from "./author/signal.ts";
export type { Param } from "./author/signal.ts";
export {
  backtest,
  type BacktestQuery,
  type BacktestResult,
  type BacktestStep,
  firesDigest,
} from "./backtest/backtest.ts";
export { type MergedQuery, mergedRecords } from "./backtest/merged_records.ts";
export type { Outcome } from "./backtest/outcomes.ts";
export { type CheckOptions, type CheckResult, checkSignal } from "./check/check_signal.ts";
export { type CheckStep, FIRES_MIN, loadedInfo } from "./check/dynamic_checks.ts";
export type { Finding } from "./check/static_findings.ts";
export { canonicalJson } from "./engine/canonical_json.ts";
export type { EngineOptions } from "./engine/engine.ts";
export { compareFires, ENGINE_VERSION, sha256Of } from "./engine/fire_id.ts";
export type { InstanceView } from "./engine/inspect.ts";
export type { Report, Sink } from "./engine/instance.ts";
export { type LoadedSignal, loadedSignal, matches } from "./engine/loaded_signal.ts";
export { StreamEngine, type StreamEngineOptions } from "./engine/stream_engine.ts";
export { BatchWriter } from "./host/frames.ts";
export type { HostedSignal, SignalInfo } from "./host/load_signal.ts";
export { type LinkedSignal, linkSignal, type ReadSource } from "./source/link_signal.ts";
export {
  findSignal,
  hostedSignalOf,
  isSignalId,
  LIBRARY_DIR,
  listSignals,
  type SignalFile,
} from "./source/signal_catalog.ts";
export { SignalRefused, type SourcePlace } from "./source/signal_refused.ts";
export type { BatchResult, Ready } from "./supervisor/answers.ts";
export { HostFailure, type HostLimits } from "./supervisor/host_process.ts";
export {
  type Quarantine,
  type Snapshot,
  Supervisor,
  type SupervisorOptions,
} from "./supervisor/supervisor.ts";
export { readSignals } from "./live/read_signals.ts";
export { type SignalFolders, signalFolders } from "./source/signal_folders.ts";
export {
  SignalService,
  type SignalServiceOptions,
  type SignalServiceStats,
} from "./live/signal_service.ts";
export type { WantedSignal } from "./live/signal_set.ts";
